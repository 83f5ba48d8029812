#include "output.h"
#include "patterns.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_YEARS = 8 };

struct run {
    struct synth_setting setting;
    struct synth_output output;
    struct synth_case work;
    int64_t (*spent)[MAX_YEARS]; /* by province and year of settlement, hundredths */
    uint64_t emitted, planted;
    uint64_t changed;  /* of them by the two facilities that change */
    uint64_t made[64]; /* planted claims by pattern */
    int first_year;
    bool details;
    int next_trap; /* each lawful pattern comes once before chance decides */
    int trap_tries;
};

static const char *say(const struct synth_options *options, const char *vietnamese, const char *english) {
    return options->vietnamese ? vietnamese : english;
}

static int fail(char *error, size_t size, int code, const char *text, const char *what) {
    snprintf(error, size, "%s%s", text, what);
    return code;
}

/* The default run: from 2024, so that the rules of 2024, 2025, 2026 and of July 2026 all occur; an old layout
 * has old claims. */
static void set_days(struct synth_options *options) {
    bool old = options->standard == 4210;
    if (options->from == 0) options->from = old ? 20220101 : 20240101;
    if (options->to == 0) options->to = old ? 20231231 : 20260831;
}

static int check(const struct synth_options *o, char *error, size_t size) {
    if (o->claims < 1 || o->claims > 100000000) {
        return fail(error, size, SYNTH_BAD_OPTION,
                    say(o, "--claims nằm giữa 1 và 100000000", "--claims is between 1 and 100000000"), "");
    }
    if (o->planted_ppm > 300000)
        return fail(error, size, SYNTH_BAD_OPTION,
                    say(o, "--fraud nằm giữa 0 và 0.3", "--fraud is between 0 and 0.3"), "");
    if (!synth_date_exists(o->from) || !synth_date_exists(o->to) || o->from < 20210701 || o->to > 20271231) {
        return fail(error, size, SYNTH_BAD_OPTION,
                    say(o, "--from và --to nằm giữa 2021-07-01 và 2027-12-31",
                        "--from and --to lie between 2021-07-01 and 2027-12-31"),
                    "");
    }
    if (synth_day_of(o->to) - synth_day_of(o->from) < 89) {
        return fail(error, size, SYNTH_BAD_OPTION,
                    say(o, "từ --from đến --to ít nhất 90 ngày", "--from .. --to is at least 90 days"), "");
    }
    if (o->standard == 4210 && o->details == SYNTH_DETAILS_ON) {
        return fail(error, size, SYNTH_BAD_OPTION,
                    say(o, "dòng chi tiết chỉ được ghi theo bảng 3176",
                        "details are written in the 3176 layout only"),
                    "");
    }
    return SYNTH_OK;
}

static void add_to_budget(struct run *run, const struct synth_claim *claim) {
    int year, month;
    synth_settled_in(claim, &year, &month);
    uint8_t province = run->setting.world.facilities[claim->facility].province;
    run->spent[province][year - run->first_year] += claim->money.fund;
}

/* Writes the claims of the case, at most as many as are still wanted. */
static void emit(struct run *run) {
    struct synth_case *c = &run->work;
    uint64_t base = run->emitted;
    for (int i = 0; i < c->claim_count && run->emitted < run->setting.options->claims; i++) {
        struct synth_claim *claim = &c->claims[i];
        if (!claim->trap && !claim->planted && synth_change_facility(&run->setting, c, claim)) run->changed++;
        uint64_t id = base + (uint64_t)i + 1;
        struct synth_entry *entry = synth_output_begin(&run->output, claim);
        synth_claim_row(&run->setting, &run->output.text[SYNTH_CLAIMS], claim, id);
        if (run->details) {
            synth_detail_rows(&run->setting, c, &run->output.text[SYNTH_DRUGS],
                              &run->output.text[SYNTH_SERVICES], claim, id);
        }
        if (claim->trap) synth_output_label(&run->output, id, 0, claim->trap, 0, claim->trap_note, 0);
        if (claim->planted) {
            uint64_t related = claim->related >= 0 ? base + (uint64_t)claim->related + 1 : 0;
            synth_output_label(&run->output, id, 1, claim->planted, claim->amount, claim->note, related);
            run->planted++;
        }
        synth_output_end(&run->output, entry);
        add_to_budget(run, claim);
        run->emitted++;
    }
}

/* The abnormal kind that is furthest behind its share; NULL while enough are planted. */
static const struct synth_pattern *wanted_pattern(struct run *run) {
    const struct synth_options *o = run->setting.options;
    uint64_t goal = run->emitted * o->planted_ppm;
    if (o->planted_ppm == 0 || run->planted * 1000000 >= goal) return NULL;
    goal -= run->changed * 1000000;
    uint64_t total = 0;
    for (int i = 0; i < synth_planted_count; i++) {
        if (run->details || !synth_planted[i].details_only) total += synth_planted[i].weight;
    }
    const struct synth_pattern *best = NULL;
    int64_t best_behind = 0;
    for (int i = 0; i < synth_planted_count; i++) {
        const struct synth_pattern *p = &synth_planted[i];
        if (p->details_only && !run->details) continue;
        /* in thousandths of a claim; a bundle waits until much of it is due */
        int64_t behind = (int64_t)(goal / 1000 * p->weight / total) - (int64_t)run->made[i] * 1000;
        if (behind < p->bundle * 400 && p->bundle > 2) continue;
        if (!best || behind > best_behind) {
            best = p;
            best_behind = behind;
        }
    }
    return best;
}

static const struct synth_pattern *chosen_trap(struct run *run, uint64_t index) {
    if (run->next_trap < synth_trap_count) {
        return index % 3 == 1 ? &synth_traps[run->next_trap] : NULL;
    }
    struct synth_random random;
    synth_random_start(&random, run->setting.options->seed ^ 0x7a, index);
    if (!synth_chance(&random, 18)) return NULL;
    uint32_t total = 0;
    for (int i = 0; i < synth_trap_count; i++) total += synth_traps[i].weight;
    uint32_t point = synth_below(&random, total);
    for (int i = 0; i < synth_trap_count; i++) {
        if (point < synth_traps[i].weight) return &synth_traps[i];
        point -= synth_traps[i].weight;
    }
    return NULL;
}

/* Makes the case of this pattern; what does not fit whole into the rest of the run is not begun. */
static bool make_case(struct run *run, const struct synth_pattern *pattern, uint64_t index, bool small) {
    struct synth_case *c = &run->work;
    synth_case_start(c, run->setting.options->seed, index);
    if (!pattern->make(&run->setting, c, small)) return false;
    return run->emitted + (uint64_t)c->claim_count <= run->setting.options->claims;
}

static int fill(struct run *run) {
    const struct synth_options *options = run->setting.options;
    struct synth_case *c = &run->work;
    for (uint64_t index = 0; run->emitted < options->claims; index++) {
        if (index >= 100000000) return SYNTH_BAD_OPTION;
        bool small = run->next_trap < synth_trap_count;
        const struct synth_pattern *trap = chosen_trap(run, index);
        const struct synth_pattern *pattern = trap ? NULL : wanted_pattern(run);
        bool made = false;
        if (trap) made = make_case(run, trap, index, small);
        if (trap && small && (made || ++run->trap_tries == 6)) {
            run->next_trap++;
            run->trap_tries = 0;
        }
        if (pattern) {
            made = make_case(run, pattern, index, false);
            uint64_t before = run->made[pattern - synth_planted];
            for (int i = 0; made && i < c->claim_count; i++) {
                if (c->claims[i].planted) run->made[pattern - synth_planted]++;
            }
            /* a kind that found no place waits for its next turn */
            if (!made) run->made[pattern - synth_planted] = before + 1;
        }
        if (!made) {
            synth_case_start(c, options->seed, index);
            synth_ordinary(&run->setting, c);
        }
        emit(run);
        if (c->no_memory || run->output.no_memory) return SYNTH_NO_MEMORY;
        if (run->output.failed) return SYNTH_CANNOT_WRITE;
    }
    return SYNTH_OK;
}

static int write_facilities(const struct synth_setting *setting) {
    static const char *const tiers[] = {"commune", "district", "provincial", "central"};
    static const char *const levels[] = {"initial", "basic", "specialised"};
    static const char *const kinds[] = {"general",   "oncology",    "paediatric",
                                        "maternity", "traditional", "station"};
    static const char *const classes[] = {"special", "I", "II", "III", "IV"};
    static const char *const names[] = {"Trạm y tế xã Thử", "Trung tâm y tế huyện Thử", "Bệnh viện tỉnh Thử",
                                        "Bệnh viện trung ương Thử"};
    FILE *file = synth_create(setting->options, "facilities.csv");
    if (!file) return SYNTH_CANNOT_WRITE;
    fputs("facility_code,name,province_code,tier,technical_level,kind,class,points,effective_from,effective_"
          "to\n",
          file);
    for (uint32_t i = 0; i < setting->world.facility_count; i++) {
        const struct synth_facility *f = &setting->world.facilities[i];
        fprintf(file, "%s,%s %s,%02d,%s,%s,%s,%s,", f->code, names[f->tier], f->code,
                setting->world.provinces[f->province].code, tiers[f->tier], levels[f->level], kinds[f->kind],
                classes[f->class_rank]);
        if (f->points) fprintf(file, "%d", f->points);
        fputs(",2021-01-01,\n", file);
    }
    bool bad = ferror(file) != 0;
    return fclose(file) != 0 || bad ? SYNTH_CANNOT_WRITE : SYNTH_OK;
}

/* Amounts that make the use of the estimates spread from 60 % to 115 % of a whole year. */
static int write_budgets(const struct run *run) {
    static const uint32_t used_permille[] = {820, 1040, 970,  600,  1150, 910, 1080,
                                             740, 880,  1000, 1110, 690,  950};
    const struct synth_world *world = &run->setting.world;
    FILE *file = synth_create(run->setting.options, "budgets.csv");
    if (!file) return SYNTH_CANNOT_WRITE;
    fputs("province_code,year,budget_vnd,decision\n", file);
    for (uint32_t p = 0; p < world->province_count; p++) {
        for (int y = 0; y < MAX_YEARS; y++) {
            int64_t spent = run->spent[p][y] / 100;
            int year = run->first_year + y;
            if (spent == 0) continue;
            uint32_t used =
                used_permille[(p * 3 + (uint32_t)y * 5) % (sizeof used_permille / sizeof *used_permille)];
            uint32_t covered = synth_calendar_covered(&run->setting.calendar, year);
            int64_t budget = spent / used * 1000 * 1000 / (covered ? covered : 1);
            budget = budget / 100000 * 100000;
            fprintf(file, "%02d,%d,%lld,(invented)\n", world->provinces[p].code, year,
                    (long long)(budget > 0 ? budget : 100000));
        }
    }
    bool bad = ferror(file) != 0;
    return fclose(file) != 0 || bad ? SYNTH_CANNOT_WRITE : SYNTH_OK;
}

static int write_readme(const struct run *run) {
    const struct synth_options *o = run->setting.options;
    FILE *file = synth_create(o, "README.txt");
    if (!file) return SYNTH_CANNOT_WRITE;
    fputs("These data are INVENTED. No person, card, facility or claim in them exists.\n"
          "Dữ liệu này là BỊA RA để thử phần mềm; không có người, thẻ, cơ sở hay hồ sơ nào là thật.\n\n"
          "Facility codes carry a letter in third place, person numbers start with no province,\n"
          "every name holds the word THỬ (test). Budgets are made to fit the claims.\n\n"
          "labels.csv: label 1 is a claim planted abnormal, label 0 a lawful claim that looks unusual;\n"
          "amount is the fund money that is wrong (0 where the money is the patient's).\n\n",
          file);
    fprintf(file,
            "claims %llu\nseed %llu\nfraud %u.%06u\nfrom %d\nto %d\nprovinces %s\ndetails %s\nstandard %d\n",
            (unsigned long long)o->claims, (unsigned long long)o->seed, o->planted_ppm / 1000000,
            o->planted_ppm % 1000000, (int)o->from, (int)o->to, o->provinces, run->details ? "on" : "off",
            o->standard);
    bool bad = ferror(file) != 0;
    return fclose(file) != 0 || bad ? SYNTH_CANNOT_WRITE : SYNTH_OK;
}

static int run_all(struct run *run, char *error, size_t size) {
    const char *name = "";
    int status = synth_output_open(&run->output, &run->setting, run->details, &name);
    if (status == SYNTH_OK) {
        status = fill(run);
        name = run->setting.options->out;
    }
    int closed = synth_output_close(&run->output);
    if (status == SYNTH_OK) status = closed;
    if (status == SYNTH_OK) status = write_facilities(&run->setting);
    if (status == SYNTH_OK) status = write_budgets(run);
    if (status == SYNTH_OK) status = write_readme(run);
    if (status == SYNTH_CANNOT_WRITE)
        fail(error, size, status, say(run->setting.options, "không ghi được ", "cannot write "), name);
    if (status == SYNTH_BAD_OPTION)
        fail(error, size, status,
             say(run->setting.options, "khoảng thời gian quá ngắn cho ngần ấy hồ sơ",
                 "this run is too short for so many claims"),
             "");
    return status;
}

int synth_run(const struct synth_options *given, char *error, size_t size) {
    struct synth_options options = *given;
    set_days(&options);
    int status = check(&options, error, size);
    if (status != SYNTH_OK) return status;
    struct run *run = calloc(1, sizeof *run);
    if (!run) return fail(error, size, SYNTH_NO_MEMORY, say(&options, "hết bộ nhớ", "no memory"), "");
    struct synth_setting *setting = &run->setting;
    setting->options = &options;
    setting->first = synth_day_of(options.from);
    setting->last = synth_day_of(options.to);
    run->first_year = synth_year(setting->first);
    run->details =
        options.details == SYNTH_DETAILS_ON ||
        (options.details == SYNTH_DETAILS_AUTO && options.claims <= 100000 && options.standard != 4210);
    synth_picker_open(&setting->picker);
    run->spent = calloc(64, sizeof *run->spent);
    status = synth_world_open(&setting->world, &options);
    if (status == SYNTH_BAD_OPTION) {
        fail(error, size, status,
             say(&options, "--provinces là danh sách mã như 01,79, không phải ",
                 "--provinces is a list of codes like 01,79: not "),
             options.provinces);
    } else if (!run->spent || !synth_calendar_open(&setting->calendar, setting->first, setting->last)) {
        status = SYNTH_NO_MEMORY;
    }
    if (status == SYNTH_OK) status = run_all(run, error, size);
    if (status == SYNTH_NO_MEMORY) fail(error, size, status, say(&options, "hết bộ nhớ", "no memory"), "");
    synth_calendar_close(&setting->calendar);
    synth_world_close(&setting->world);
    synth_case_close(&run->work);
    free(run->spent);
    free(run);
    return status;
}
