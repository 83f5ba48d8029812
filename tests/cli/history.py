"""The history of docs/history.md a second time, every claim held against every other: claims of a few people at the edges of
each window, and what each claim must show. Standard library only."""
import collections
import datetime
import random
import unicodedata

DAY = 1440
ZERO = datetime.datetime(1900, 1, 1)
HEADER = ("MA_LK HO_TEN SO_CCCD NGAY_SINH GIOI_TINH MA_THE_BHYT MA_BENH_CHINH MA_BENH_KT MA_PTTT_QT MA_DOITUONG_KCB MA_NOI_DI MA_NOI_DEN "
          "NGAY_VAO NGAY_RA KET_QUA_DTRI MA_LOAI_RV T_TONGCHI_BV T_TONGCHI_BH T_BNTT T_BNCCT T_BHTT T_NGUONKHAC NAM_QT THANG_QT "
          "MA_LOAI_KCB MA_CSKCB NGAY_VAO_NOI_TRU MA_KHOA").split()
STAYS, VISITS = {"03", "04", "06", "09"}, {"01", "02", "05", "07", "08"}
LONG = (("A15", "A19", 0), ("B20", "B24", 0), ("C00", "D48", 0), ("D56", "D57", 0), ("D66", "D68", 0), ("N17", "N17", 0),
        ("N18", "N18", 1), ("N19", "N19", 0), ("Z48", "Z51", 1))
ORGANS = {"470": 1, "471": 1, "5122": 2, "5123": 2, **{f"68{digit}": 3 for digit in range(4, 10)}}

# ---- claims: most repeat an earlier one of the person, moved by a little less or more than a rule allows

PLACES = ("79001", "79002", "01003", "1234", "")
SPANS = (0, 1, 60, 120, 240, 720, DAY, 2 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 168 * DAY, 180 * DAY, 365 * DAY)
VALUES = {
    "HO_TEN": ("NGUYỄN VĂN AN", "an van  Nguyen", "TRẦN THỊ ĐÀO", "Tran Thi Dao", "CB TRẦN THỊ ĐÀO", "CB TRẦN THỊ ĐÀO 2", "-"),
    "NGAY_SINH": ("1980", "198003150000", "198003000000", "202412010700", "202503050000", "2024", ""),
    "GIOI_TINH": ("1", "2", "2", "3", ""),
    "MA_BENH_CHINH": ("J18.9", "J18", "I10", "N18.5", "C50.9", "O80", "O82.1", "K35.8", ""),
    "MA_BENH_KT": ("", "", "I10;N18.5", "E11;C50"),
    "MA_PTTT_QT": ("", "", "47.01", "47.1;51.22", "51.23", "68.4", "51.21"),
    "MA_DOITUONG_KCB": ("1.1", "1.1", "1.3", "2", "1.7", ""),
    "MA_NOI_DI": ("", "", "79002"),
    "MA_NOI_DEN": ("", "", "79002"),
    "KET_QUA_DTRI": ("1", "2", "2", "5", ""),
    "MA_LOAI_RV": ("1", "1", "2", "5", ""),
    "MA_LOAI_KCB": ("01", "01", "1", "02", "03", "03", "3", "04", "05", "06", "07", "08", "09", "10", ""),
    "MA_CSKCB": PLACES,
    "T_BNCCT": ("20000", "20001.50", ""),
    "T_BHTT": ("80000", "80001", "80002", "80002.01", "79998", ""),
    "T_TONGCHI_BH": ("100000", "100002", "99997.99", "250000", ""),
    "THANG_QT": ("3", "03", "4", ""),
}


def card_of(chance, number):
    group = chance.choice(("DN479", "HT301", "TE179"))
    return chance.choice((group + number,) * 6 + (number, "", f"XX;{group}{number}", f"{group}{number};GD479{number}", f" {group.lower()}{number} ",
                                                  f"{group}1111111111;{group}{number}", group + number[1:], "1234567890"))


def claims(seed, count, people):
    chance = random.Random(seed)
    numbers = [f"{chance.randrange(10 ** 10):010d}" for _ in range(people)]
    citizens = [f"0{chance.randrange(10 ** 11):011d}" for _ in range(people)] + ["012345678", "B1234567", "000000000000", ""]
    known, rows = collections.defaultdict(list), []
    for i in range(count):
        person = chance.randrange(people)
        own = {"MA_THE_BHYT": lambda: card_of(chance, chance.choice((numbers[person],) * 9 + (chance.choice(numbers),))),
               "SO_CCCD": lambda: chance.choice((citizens[person], citizens[person], chance.choice(citizens)))}
        if known[person] and chance.random() < 0.85:
            start, length, cells = chance.choice(known[person][-12:])
            changed = chance.sample([*VALUES, *own], chance.choice((0, 0, 1, 2, 3)))
            if chance.random() < 0.75:
                start += chance.choice((0, length)) + chance.choice((1, 1, -1)) * chance.choice(SPANS) + chance.choice((-1, 0, 1))
                length = chance.choice(SPANS[:9]) + chance.choice((-1, 0, 1))
        else:
            start, length, cells, changed = chance.choice((65745120, 65480400, 65835359)), chance.choice(SPANS[:9]), {}, [*VALUES, *own]
        start = min(max(start, 63000000), 67000000)
        cells = {**cells, **{name: own[name]() if name in own else chance.choice(VALUES[name]) for name in changed}}
        known[person].append((start, length, cells))
        times = {"NGAY_VAO": text_of(start) if chance.random() < 0.99 else "", "NGAY_RA": text_of(start + length) if chance.random() < 0.97 else ""}
        rows.append({"MA_LK": f"{chance.choice('ABZ')}{i}", "T_TONGCHI_BV": "100000", "NAM_QT": "2025", **cells, **times})
    return rows


def text_of(minutes):
    return (ZERO + datetime.timedelta(minutes=minutes)).strftime("%Y%m%d%H%M")


# ---- what is read from one


def minutes_of(text):
    return (datetime.datetime.strptime(text, "%Y%m%d%H%M") - ZERO) // datetime.timedelta(minutes=1) if text else None


def year_of(minutes):
    return (ZERO + datetime.timedelta(minutes=minutes)).year


def is_number(text):
    return len(set(text)) > 1 and text not in ("1234567890", "123456789", "123456789012")


def letters_of(name):
    plain = unicodedata.normalize("NFD", name.lower().replace("đ", "d"))
    return "".join(sorted(c for c in plain if c.isalnum()))


def hundredths(text):
    return round(float(text) * 100) if text else None


class Claim:
    def __init__(self, row, line):
        self.line, self.key, self.start = line, row["MA_LK"], minutes_of(row["NGAY_VAO"])
        end = minutes_of(row["NGAY_RA"])
        self.end = self.start if end is None or self.start is None else max(self.start, end)
        self.card = next((card for card in map(str.strip, row["MA_THE_BHYT"].split(";")) if len(card) in (10, 15) and is_number(card[-10:])), "")
        self.number = self.card[-10:]
        self.citizen = row["SO_CCCD"] if row["SO_CCCD"].isdigit() and len(row["SO_CCCD"]) in (9, 12) and is_number(row["SO_CCCD"]) else ""
        born = row["NGAY_SINH"]
        self.born = tuple(int(born[at:to] or 0) for at, to in ((0, 4), (4, 6), (6, 8))) if born else None
        self.identity = (born[:4], row["GIOI_TINH"])
        self.name, self.kind, self.place = letters_of(row["HO_TEN"]), row["MA_LOAI_KCB"].zfill(2), row["MA_CSKCB"] and row["MA_CSKCB"].zfill(5)
        self.illness, self.group = row["MA_BENH_CHINH"], row["MA_BENH_CHINH"][:3]
        others = [code[:3] for code in row["MA_BENH_KT"].split(";") if code]
        self.long = any(self.group and a <= self.group <= b or beside and any(a <= code <= b for code in others) for a, b, beside in LONG)
        codes = [code.replace(".", "") for code in row["MA_PTTT_QT"].split(";")]
        self.organ = next((ORGANS[code[:n]] for code in codes for n in (3, 4) if code[:n] in ORGANS), None)
        self.stay, self.visit = self.kind in STAYS, self.kind in VISITS
        self.sent_on = row["MA_LOAI_RV"] in ("2", "5") or row["MA_NOI_DEN"] != ""
        self.death, self.delivery = row["KET_QUA_DTRI"] == "5", "O80" <= self.group <= "O84"
        self.fund, self.copay, self.total = (hundredths(row[name]) for name in ("T_BHTT", "T_BNCCT", "T_TONGCHI_BH"))
        self.period = (row["NAM_QT"], row["THANG_QT"].lstrip("0"))
        self.newborn = not self.card.upper().startswith("TE") and (row["MA_DOITUONG_KCB"] == "1.7" or self.is_days_old(30))
        self.copy, self.person = False, None

    def is_days_old(self, most):
        if self.start is None or not self.born or not all(self.born):
            return False
        return 0 <= self.start // DAY - (datetime.datetime(*self.born) - ZERO).days <= most

    def day(self):
        return self.start // DAY

    def somebody(self):
        if not self.name or not self.born or self.identity[1] not in ("1", "2"):
            return False
        at = ZERO + datetime.timedelta(minutes=self.start)
        return (at.year - 1, at.month, at.day) >= (self.born[0], self.born[1] or 13, self.born[2] or 32)

    def repeats(self, other):
        near = all(a == b or None not in (a, b) and abs(a - b) <= 200 for a, b in ((self.total, other.total), (self.fund, other.fund)))
        equal = ("start", "end", "place", "illness", "period", "name", "card")
        return near and all(getattr(self, name).upper() == getattr(other, name).upper() if name == "card" else
                            getattr(self, name) == getattr(other, name) for name in equal)

    def nearly_repeats(self, other):
        equal = (self.place != "" and self.place == other.place) + (self.group != "" and self.group == other.group)
        equal += self.total is not None and self.total == other.total
        return (equal >= 2 and abs(self.start - other.start) <= 60 and abs(self.end - other.end) <= 60 and
                (self.stay, self.visit) == (other.stay, other.visit))

    def is_other_person(self, other):
        return self.name != other.name and self.identity != other.identity


# ---- beside each other


def people_of(rows):
    """The claims of each person in the order of the run."""
    all_claims, cards, citizens = [Claim(row, i + 2) for i, row in enumerate(rows)], collections.defaultdict(set), collections.defaultdict(set)
    for c in all_claims:
        if c.number and c.citizen and c.start is not None and not c.newborn:
            cards[c.citizen].add(c.number)
            citizens[c.number].add(c.citizen)
    people = collections.defaultdict(list)
    for c in all_claims:
        number = c.number or c.citizen
        if not c.number and not c.newborn and len(cards[c.citizen]) == 1:
            card, = cards[c.citizen]
            number = card if len(citizens[card]) == 1 else number
        if number and c.start is not None:
            c.person = number + "-newborn" * c.newborn
            people[c.person].append(c)
    for own in people.values():
        own.sort(key=lambda c: (c.start, c.end, c.place, c.key))
        for i, c in enumerate(own):
            c.shown = {**counts(c, own[:i + 1]), **pairs(c, own[:i])}
    return all_claims


def counts(c, up_to):
    def within(days):
        return [e for e in up_to if e.start > c.start - days * DAY]

    def days(most):
        return len({e.day() for e in up_to if e.visit and not e.long and e.day() > c.day() - most})

    def places(those):
        return len({e.place for e in those} - {""})

    return {"visits_7d": len(within(7)), "visits_30d": len(within(30)), "visits_365d": len(within(365)),
            "visit_days_30d": days(30), "visit_days_365d": days(365),
            "facilities_same_day": places([e for e in up_to if e.day() == c.day()]),
            "facilities_30d": places(within(30)), "facilities_365d": places(within(365)),
            "same_diagnosis_7d": sum(e.group == c.group != "" for e in within(7)),
            "distinct_cards": len({e.card[:5].upper() for e in within(365) if len(e.card) == 15}),
            "spend_365d": sum(e.fund or 0 for e in within(365)) / 100,
            "copay_year": sum(e.copay or 0 for e in up_to if year_of(e.end) == year_of(c.end)) / 100,
            "in_long_course": int(c.long)}


def keys(those):
    return {e.key for e in those}


def ended(those, pick):
    """Those of them that ended first, or last, and the minute."""
    end = pick((e.end for e in those), default=None)
    return {e.key for e in those if e.end == end}, end


def pairs(c, before):
    """Sets hold the claims one of which must be named: any of equals; an empty one says none."""
    copies = [e for e in before if c.repeats(e)]
    c.copy = bool(copies)
    alike = [] if c.newborn else [e for e in before if e.identity == c.identity]
    first = [e for e in alike if not e.copy]
    near = [] if c.copy else [e for e in first if c.nearly_repeats(e)]
    shared = [(min(e.end, c.end) - c.start, e.key) for e in first if c.stay and not c.copy and e.stay and e not in near[-1:] and e.end > c.start]
    minutes = max((m for m, _ in shared), default=0)
    past, last_end = ended([e for e in first if e.stay and e.end <= c.start], max)
    deaths, died = ended([e for e in alike if e.death and e.end < c.start], min)
    births = [e for e in first if c.delivery and not c.copy and e.delivery and c.start - e.start >= 7 * DAY]
    somebodies = [e for e in before if e.somebody()]
    second = next((e for e in somebodies if e.is_other_person(somebodies[0])), None)
    others = [e for e in (*somebodies[:1], second) if e and not c.newborn and c.somebody() and e.is_other_person(c)]
    return {"duplicate_of": keys(copies), "near_duplicate_of": keys(near),
            "overlap_minutes": minutes if c.kind != "00" else None, "overlapping_claim": {key for m, key in shared if m == minutes > 0},
            "inside_stay": keys(e for e in first if c.visit and e.stay and e.kind != "04" and c.day() - e.day() >= 2 and e.end // DAY - c.end // DAY >= 2),
            "same_day_claim": keys(e for e in alike if not c.copy and c.visit and e.visit and "07" not in (c.kind, e.kind) and not e.sent_on and
                                   e.day() == c.day() and e.group == c.group != "" and e.place != c.place),
            "previous_stay": past, "previous_discharge_minutes": None if last_end is None else c.start - last_end,
            "inpatient_before_14d": sum(e.stay and c.start - 14 * DAY < e.end < c.start for e in first),
            "death_claim": deaths, "after_death": None if died is None else c.day() - died // DAY,
            "previous_delivery": {e.key for e in births if e.start == max(b.start for b in births)},
            "births_within_180d": sum(c.start - e.start <= 180 * DAY for e in births),
            "removed_before": keys(e for e in first if not c.copy and c.organ and e.organ == c.organ and e.end < c.start),
            "other_identity": keys(others)}
