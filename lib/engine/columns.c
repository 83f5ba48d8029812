#include "engine/columns.h"

#include <math.h>

enum { MILLION = 1000000, RATIO_ONE = 1000000 };

void km_put_forecast(km_result *out, int column, double dong) {
    const double most = 9e16;
    if (fabs(dong) < most) km_result_int(out, column, (int64_t)llround(dong / MILLION) * MILLION * KM_DONG);
}

void km_put_money(km_result *out, int column, double dong) {
    const double most = 9e16;
    if (fabs(dong) < most) km_result_int(out, column, (int64_t)llround(dong * KM_DONG));
}

void km_put_chance(km_result *out, int column, double ratio) {
    if (ratio < MILLION) km_result_int(out, column, (int64_t)llround(ratio * 1000) * (RATIO_ONE / 1000));
}

void km_put_share(km_result *out, int column, double share) {
    km_result_int(out, column, (int64_t)llround(share * RATIO_ONE));
}

void km_put_ratio(km_result *out, int column, double ratio) {
    if (fabs(ratio) < 1e12) km_put_share(out, column, ratio);
}

void km_put_day(km_result *out, int column, const km_season *season, int day) {
    if (day != KM_NO_DAY) km_result_int(out, column, season->first + day);
}

int64_t km_round_money(double hundredths) {
    const double step = 100000, most = 9e13;
    return fabs(hundredths / step) < most ? (int64_t)(round(hundredths / step) * step) : 0;
}
