#include "items.h"

const struct synth_item synth_items[SYNTH_ITEMS] = {
#define DRUG(id, code, name, strength, unit, route, price, ratio)                                            \
    [ITEM_##id] = {code, name, strength, unit, route, price, 0, GROUP_DRUG, ratio, 0},
#define BLOOD(id, code, name, strength, unit, route, price, ratio)                                           \
    [ITEM_##id] = {code, name, strength, unit, route, price, 0, GROUP_BLOOD, ratio, 0},
#define SERVICE(id, code, name, group, price, minutes)                                                       \
    [ITEM_##id] = {code, name, "", "Lần", "", (price)*INT64_C(1000), 0, group, 100, minutes},
#define SUPPLY(id, code, name, unit, price, ceiling)                                                         \
    [ITEM_##id] = {code, name, "", unit, "", price, (ceiling)*INT64_C(100), GROUP_SUPPLY, 100, 0},
#include "items.def"
#undef BLOOD
#undef DRUG
#undef SERVICE
#undef SUPPLY
};

#define ONCE(item, permille, low, high)                                                                      \
    { ITEM_##item, permille, ORDER_ONCE, low, high }
#define DAILY(item, permille, low, high)                                                                     \
    { ITEM_##item, permille, ORDER_DAILY, low, high }
#define END                                                                                                  \
    { SYNTH_NO_ITEM, 0, 0, 0, 0 }
#define ORDERS static const struct synth_order

/* Small supplies of every stay */
#define STAY_SUPPLIES                                                                                        \
    DAILY(SYRINGE, 900, 2, 5), DAILY(GLOVES, 500, 1, 2), ONCE(CANNULA, 800, 1, 3),                           \
        ONCE(INFUSION_SET, 700, 1, 4)

#include "profiles.def"

static const struct synth_order *const profiles[SYNTH_PROFILES][2] = {
    [PROFILE_RESPIRATORY] = {respiratory_out, respiratory_in},
    [PROFILE_HEART] = {heart_out, heart_in},
    [PROFILE_DIABETES] = {diabetes_out, diabetes_in},
    [PROFILE_DIGESTIVE] = {digestive_out, digestive_in},
    [PROFILE_JOINTS] = {joints_out, joints_in},
    [PROFILE_EYE] = {eye_out, eye_in},
    [PROFILE_EAR] = {ear_out, ear_in},
    [PROFILE_URINARY] = {urinary_out, urinary_in},
    [PROFILE_WOMEN] = {women_out, women_in},
    [PROFILE_BIRTH] = {women_out, birth_in},
    [PROFILE_NEWBORN] = {respiratory_out, newborn_in},
    [PROFILE_SKIN] = {skin_out, skin_in},
    [PROFILE_NERVES] = {nerves_out, nerves_in},
    [PROFILE_MIND] = {mind_out, mind_in},
    [PROFILE_WOUND] = {wound_out, wound_in},
    [PROFILE_BONE] = {wound_out, bone_in},
    [PROFILE_ABDOMEN] = {digestive_out, abdomen_in},
    [PROFILE_CANCER] = {cancer_out, cancer_in},
    [PROFILE_INFECTION] = {infection_out, infection_in},
    [PROFILE_TEETH] = {teeth_out, wound_in},
    [PROFILE_DIALYSIS] = {dialysis_any, urinary_in},
    [PROFILE_CHEMOTHERAPY] = {cancer_out, chemo_in},
    [PROFILE_RADIOTHERAPY] = {radio_any, radio_any},
    [PROFILE_REHABILITATION] = {rehabilitation_any, rehabilitation_any},
    [PROFILE_CORONARY] = {heart_out, coronary_in},
    [PROFILE_STROKE] = {nerves_out, stroke_in},
    [PROFILE_TUBERCULOSIS] = {tuberculosis_any, tuberculosis_any},
    [PROFILE_BLOOD] = {blood_out, blood_in},
    [PROFILE_LIVER] = {liver_out, liver_in},
    [PROFILE_HORMONES] = {hormones_out, hormones_in},
};

const struct synth_order *synth_profile(int profile, int inpatient) {
    return profiles[profile][inpatient];
}
