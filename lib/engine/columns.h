/* Numbers of statistics as columns of a table: rounded, so that the last bits of a logarithm do not show, and
 * left empty where they are too large to be written. */
#ifndef KM_ENGINE_COLUMNS_H
#define KM_ENGINE_COLUMNS_H

#include "claim/result.h"
#include "score/money/forecast.h"

/* Money, to a million dong. */
void km_put_forecast(km_result *out, int column, double dong);
void km_put_money(km_result *out, int column, double dong);
/* To a thousandth. */
void km_put_chance(km_result *out, int column, double ratio);
/* To a millionth: a share, and what may be any number. */
void km_put_share(km_result *out, int column, double share);
void km_put_ratio(km_result *out, int column, double ratio);
/* A day of the season; KM_NO_DAY is no date. */
void km_put_day(km_result *out, int column, const km_season *season, int day);
/* Money rounded to a thousand dong; 0 where it cannot be written. */
int64_t km_round_money(double hundredths);

#endif
