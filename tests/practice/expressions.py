"""Random expressions of the rule language over random claims with lines and cards, and what they are worth by docs/grammar.md, which is
all that this knows of the language. Used by language.py.
"""
import datetime as dt
import random
import re
from fractions import Fraction

R = random.Random()
NUMBER, DAY, TIME, CODE, ICD, TEXT, LIST, BIRTH = "number", "day", "time", "code", "icd", "text", "list", "birth"
FIELDS = {  # name: (type, digits after the point)
    "claim": {"T_BHTT": (NUMBER, 2), "T_TONGCHI_BH": (NUMBER, 2), "T_BNCCT": (NUMBER, 2), "SO_NGAY_DTRI": (NUMBER, 0), "GIOI_TINH": (NUMBER, 0),
              "MA_LOAI_KCB": (CODE, 0), "MA_KHUVUC": (CODE, 0), "MA_BENH_CHINH": (ICD, 0), "GHI_CHU": (TEXT, 0), "LY_DO_VV": (TEXT, 0),
              "MA_BENH_KT": (LIST, 0), "MA_KHOA": (LIST, 0), "NGAY_VAO": (TIME, 0), "NGAY_RA": (TIME, 0), "NGAY_MIEN_CCT": (DAY, 0),
              "NAM_NAM_LIEN_TUC": (DAY, 0), "NGAY_SINH": (BIRTH, 0)},
    "drug": {"MA_NHOM": (NUMBER, 0), "SO_LUONG": (NUMBER, 3), "DON_GIA": (NUMBER, 3), "T_BHTT": (NUMBER, 2), "TEN_THUOC": (TEXT, 0),
             "HAM_LUONG": (TEXT, 0), "DUONG_DUNG": (CODE, 0), "NGAY_YL": (TIME, 0), "NGAY_TH_YL": (TIME, 0)},
    "service": {"MA_NHOM": (NUMBER, 0), "SO_LUONG": (NUMBER, 3), "DON_GIA_BH": (NUMBER, 3), "T_BHTT": (NUMBER, 2), "TEN_DICH_VU": (TEXT, 0),
                "GOI_VTYT": (CODE, 0), "NGAY_YL": (TIME, 0), "NGAY_KQ": (TIME, 0), "MA_BENH": (LIST, 0)},
    "card": {"TU": (DAY, 0), "DEN": (DAY, 0)}}
CARD_LISTS = {"GT_THE_TU": "TU", "GT_THE_DEN": "DEN"}
WORDS = ["Đau bụng", "sốt", "Ho 50%", "a_b", "x", "Ất", "đau", "thuốc A", "Z9", "10", "0012", "20240229", "phẫu thuật ruột", "1e3", "It's"]
CODES = ["01", "02", "03", "09", "A", "K1", "zz", "Đ2.1"]
DIAGNOSES = ["I10", "I11", "I11.9", "O80", "O82.1", "O84", "O84.9", "N18", "N18.5", "E10.1", "E14", "A00", "Z99.2"]
LIKE = ["Đau%", "%a%", "_", "__", "%", "x", "%_b", "Z_", "0%", "%ụng", "01", "O8%", "%.1", "_1_", "%%x", "%u%t", "It's", "_%_%_"]
MATCHES = ["[0-9]+", ".*a.*", "x|Z9", "(01|02)", "Đ.{3,}", r"[A-Z][0-9]{2}(\.[0-9])?", r"\d{4}", ".", "sốt?", "(?i)đ.*"]
UNITS = {"DAY": 1440, "MONTH": 1, "YEAR": 12, "HOUR": 60, "MINUTE": 1}
MORE = 2**63  # from there on a result is NULL


# ---- records

def value_of(kind, digits=0):
    if R.random() < .17:
        return None
    if kind == NUMBER:
        size = R.choice([2, 3, 5, 8, 9])
        return Fraction(R.choice([0, 1, -1, R.randrange(10**size), R.randrange(10)]) * 10**R.choice([0, digits]), 10**digits)
    if kind in (TEXT, CODE, ICD):
        return R.choice({TEXT: WORDS, CODE: CODES, ICD: DIAGNOSES}[kind])
    if kind == LIST:
        return ";".join(R.choice(DIAGNOSES + ["", "K1", " I10 "]) for _ in range(R.randrange(1, 5))).strip() or None
    if kind == BIRTH:
        month = R.randrange(13)
        return R.choice([1980, 2000, 2023, 2024]), month, R.choice([0, 1, 28, 29, 30][:5 if month not in (0, 2) else 3]) if month else 0
    day = dt.datetime(2023, 12, 25) + dt.timedelta(R.choice([0, 1, 6, 7, 66, 67, R.randrange(400)]))
    return day.date() if kind == DAY else day.replace(hour=R.choice([0, 7, 23]), minute=R.choice([0, 30, 59]))


def decimal(value):
    text = "%d.%09d" % divmod(int(abs(value) * 10**9), 10**9)
    return ("-" if value < 0 else "") + text.rstrip("0").rstrip(".")


def cell(value):
    if isinstance(value, tuple):
        return "%04d%02d%02d" % value
    if isinstance(value, dt.date):
        return value.strftime("%Y%m%d%H%M" if isinstance(value, dt.datetime) else "%Y%m%d")
    return value or "" if isinstance(value, (str, type(None))) else decimal(value)


def make_claim():
    def record(scope):
        return {name: value_of(*kind) for name, kind in FIELDS[scope].items()}
    claim = record("claim")
    claim.update(drug=[record("drug") for _ in range(R.choice([0, 1, 2, 3, 5]))], service=[record("service") for _ in range(R.choice([0, 0, 1, 2, 4]))])
    cards = [record("card") for _ in range(R.choice([0, 1, 1, 2, 3]))]
    for name, field in CARD_LISTS.items():  # of unequal lengths
        items = [cell(card[field]) for card in cards]
        claim[name] = ";".join(items[:max([i + 1 for i, item in enumerate(items) if item], default=0)] if R.random() < .5 else items)
    while cards and not any(cards[-1].values()):
        cards.pop()
    return dict(claim, card=cards)


# ---- expressions

class Node:
    """Text, how tightly it binds, value(row, claim) with NULL as None; digits of a number, DAY or TIME of a date."""

    def __init__(self, text, level, value, digits=0, kind=None):
        self.text, self.level, self.value, self.digits, self.kind = text, level, value, digits, kind

    def inside(self, level):
        return self.text if self.level >= level and R.random() < .8 else f"({self.text})"


def half(value, digits):
    whole = (2 * abs(value) * 10**digits + 1) // 2
    return Fraction(whole if value >= 0 else -whole, 10**digits)


def fits(value, digits):
    if not isinstance(value, Fraction):
        return value
    return half(value, digits) if abs(value) * 10**digits < MORE else None


def strict(function, *nodes):
    def value(row, claim):
        values = [node.value(row, claim) for node in nodes]
        return None if None in values else function(*values)
    return value


def call(name, function, *nodes, more="", digits=0, kind=None):
    return Node(f"{name}({', '.join(node.text for node in nodes)}{more})", 9, strict(function, *nodes), digits, kind)


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def constant(text, value, digits=0, kind=None):
    return Node(text, 9, lambda row, claim: value, digits, kind)


def field(scope, *kinds):
    """One of the row or, from a line, of its claim; None when there is none."""
    places = [(scope, scope + "." if scope in GATHERED and R.random() < .3 else "", name) for name, kind in FIELDS[scope].items() if kind[0] in kinds]
    if scope != "claim":
        places += [("claim", "claim.", name) for name, kind in FIELDS["claim"].items() if kind[0] in kinds]
    if not places:
        return None
    owner, prefix, name = R.choice(places)
    kind, digits = FIELDS[owner][name]
    return Node(prefix + name, 9, (lambda row, claim: claim[name]) if prefix == "claim." else lambda row, claim: row[name], digits, kind)


GATHERED = []  # the scope of the aggregate whose value is being made


def day_of(value):
    return value.date() if isinstance(value, dt.datetime) else value


def moment(value):
    return value if isinstance(value, dt.datetime) else dt.datetime.combine(value, dt.time())


def of_one_type(nodes):
    """Their values with the digits of all, or as days where one is a day."""
    digits, days = max(node.digits for node in nodes), DAY in [node.kind for node in nodes]
    return [lambda row, claim, node=node: fits(day_of(node.value(row, claim)) if days else node.value(row, claim), digits) for node in nodes], digits, \
        DAY if days else nodes[0].kind


def several(name, nodes):
    values, digits, kind = of_one_type(nodes)

    def value(row, claim):
        all_values = [one(row, claim) for one in values]
        if name == "coalesce":
            return next((one for one in all_values if one is not None), None)
        return None if None in all_values else {"greatest": max, "least": min}[name](all_values)
    return Node(f"{name}({', '.join(node.text for node in nodes)})", 9, value, digits, kind)


def case(make, scope, depth):
    tests, results = [condition(scope, depth - 1) for _ in range(R.choice([1, 1, 2]))], []
    results = [make(scope, depth - 1) for _ in range(len(tests) + (R.random() < .6))]
    values, digits, kind = of_one_type(results)

    def value(row, claim):
        for test, one in zip(tests, values):
            if test.value(row, claim) is True:
                return one(row, claim)
        return values[-1](row, claim) if len(values) > len(tests) else None
    text = "".join(f" WHEN {test.text} THEN {one.text}" for test, one in zip(tests, results))
    return Node(f"CASE{text}{' ELSE ' + results[-1].text if len(results) > len(tests) else ''} END", 9, value, digits, kind)


def choice_of(make, scope, depth):
    if R.random() < .5:
        return case(make, scope, depth)
    return several(R.choice(["coalesce", "greatest", "least"]), [make(scope, depth - 1) for _ in range(R.choice([2, 2, 3]))])


def arithmetic(scope, depth):
    a, b, sign = number(scope, depth - 1), number(scope, depth - 1), R.choice("+-*/")
    digits = max(a.digits, b.digits) if sign in "+-" else min(9, a.digits + b.digits) if sign == "*" else 6
    if not any(name in b.text for scope in FIELDS for name in FIELDS[scope]) and b.level < 9:
        b = field(scope, NUMBER) or b  # which constants are powers of ten is not asked twice
        digits = max(a.digits, b.digits) if sign in "+-" else min(9, a.digits + b.digits) if sign == "*" else 6
    if sign == "/" and re.fullmatch("10*", b.text):
        digits = min(9, a.digits + len(b.text) - 1)
    count = {"+": lambda x, y: x + y, "-": lambda x, y: x - y, "*": lambda x, y: x * y, "/": lambda x, y: x / y if y else None}[sign]
    level = 5 if sign in "+-" else 6
    return Node(f"{a.inside(level)} {sign} {b.inside(level + 1)}", level, strict(lambda x, y: fits(count(x, y), digits), a, b), digits)


def gather(scope, depth):
    """sum, count, min, max over the lines of a claim."""
    child, name = R.choice(["drug", "service", "card"]), R.choice(["sum", "count", "min", "max"])
    where = condition(child, depth - 1) if R.random() < .6 else None
    tail = f" WHERE {where.text}" if where else ""
    if name == "count" or child == "card":
        return Node(f"count({child}{tail})", 9, lambda row, claim: Fraction(sum(not where or where.value(line, claim) is True for line in claim[child])))
    GATHERED.append(child)
    of = number(child, min(depth - 1, 2))
    GATHERED.pop()
    first = Node(f"{child}.SO_LUONG", 9, lambda row, claim: row["SO_LUONG"], 3)
    digits, text = max(of.digits, 3), f"{first.text} - {of.inside(6)}"

    def value(row, claim):
        lines = [line for line in claim[child] if not where or where.value(line, claim) is True]
        values = [one for one in (strict(lambda x, y: fits(x - y, digits), first, of)(line, claim) for line in lines) if one is not None]
        return fits(sum(values, Fraction(0)), digits) if name == "sum" else {"min": min, "max": max}[name](values, default=None)
    return Node(f"{name}({text}{tail})", 9, value, digits)


def same(scope, depth):
    names, where = R.sample(sorted(FIELDS[scope]), R.choice([1, 1, 2])), condition(scope, depth - 1) if R.random() < .5 else None

    def value(row, claim):
        if any(row[name] is None for name in names):
            return None
        return Fraction(sum(all(line[name] == row[name] for name in names) and (not where or where.value(line, claim) is True) for line in claim[scope]))
    return Node(f"same({', '.join(names)}{' WHERE ' + where.text if where else ''})", 9, value)


def age(birth, at):
    """Completed years on the first and the last day that a birth can mean."""
    year, month, day = birth
    first = dt.date(year, month or 1, day or 1)
    last = first if day else (dt.date(year + month // 12, month % 12 + 1, 1) if month else dt.date(year + 1, 1, 1)) - dt.timedelta(1)

    def years(born):
        reached = (at.month, at.day) >= (born.month, born.day) or (born.month, born.day) == (2, 29) and (at.month, at.day) == (2, 28) and at.year % 4
        return at.year - born.year - (not reached)
    return years(last), years(first)


def literal(scope, depth):
    digits = R.choice([0, 0, 0, 1, 2, 6, 9])
    value = Fraction(R.choice([0, 1, 2, 3, 7, 10, 100, R.randrange(10**4)]) * 10**(digits if R.random() < .3 else 0), 10**digits)
    return constant(decimal(value), value, len(decimal(value).partition(".")[2]))


def of_number(scope, depth):
    a, digits, choice = number(scope, depth - 1), R.choice([0, 1, 2, 4]), R.randrange(3)
    if choice == 0:
        return Node(f"-{a.inside(8)}", 7, strict(lambda x: -x, a), a.digits)
    return call("abs", abs, a, digits=a.digits) if choice == 1 else call("round", lambda x: fits(x, digits), a, more=f", {digits}", digits=digits)


def of_text(scope, depth):
    if R.random() < .5 and (a := field(scope, LIST)):
        return call("list_count", lambda x: Fraction(sum(bool(item.strip()) for item in x.split(";"))), a)
    if R.random() < .5:
        return call("to_number", lambda x: Fraction(int(x)) if re.fullmatch("[0-9]+", x) else None, text(scope, depth - 1))
    return call("length", lambda x: Fraction(len(x)), text(scope, depth - 1))


def of_date(scope, depth):
    a, b, part, choice = date(scope, depth - 1), date(scope, depth - 1), R.choice(["year", "month", "day", "weekday", "hour", "minute"]), R.randrange(4)
    if choice == 0:
        return call("days_between", lambda x, y: Fraction((day_of(y) - day_of(x)).days), a, b)
    if choice == 1:
        return call("minutes_between", lambda x, y: Fraction((moment(y) - moment(x)) // dt.timedelta(minutes=1)), a, b)
    if choice == 2:
        def years(x, y):
            least, most = age(x, day_of(y))
            return Fraction(least) if least == most else None
        return call("age_years", years, field(scope, BIRTH), a)
    part = part if a.kind == TIME else "year"
    return call(part, lambda x: Fraction(x.isoweekday() if part == "weekday" else getattr(x, part)), a)


def number(scope, depth):
    choice = R.randrange(16) if depth > 0 else R.randrange(4)
    if choice < 8:
        return literal(scope, depth) if choice == 0 else field(scope, NUMBER) if choice < 4 else arithmetic(scope, depth)
    if choice == 10:
        return choice_of(number, scope, depth)
    if choice == 15:
        return gather(scope, depth) if scope == "claim" else same(scope, depth) if scope != "card" else number(scope, depth - 1)
    return (of_number if choice < 10 else of_text if choice == 11 else of_date)(scope, depth)


def shift(value, count, unit):
    if unit not in ("MONTH", "YEAR"):
        return value + dt.timedelta(minutes=UNITS[unit] * count)
    year, month = divmod(value.year * 12 + value.month - 1 + count * UNITS[unit], 12)
    last = (dt.date(year + month // 11, (month + 1) % 12 + 1, 1) - dt.timedelta(1)).day
    return value.replace(year=year, month=month + 1, day=min(value.day, last))


def date(scope, depth):
    choice = R.randrange(8) if depth > 0 else R.randrange(3)
    if choice == 0:
        value = dt.date(2023, 12, 25) + dt.timedelta(R.choice([0, 6, 7, 66, 67, R.randrange(400)]))
        return constant(f"DATE '{value}'", value, kind=DAY)
    if choice < 3:
        return field(scope, DAY, TIME)
    if choice == 3:
        return call("date", day_of, date(scope, depth - 1), kind=DAY)
    if choice == 4:
        return choice_of(date, scope, depth)
    a, sign, count = date(scope, depth - 1), R.choice("+-"), R.randrange(40)
    unit, signed = R.choice(list(UNITS)[:3 if a.kind == DAY else 5]), count if sign == "+" else -count
    if choice == 5:
        return Node(f"{a.inside(5)} {sign} {count}", 5, strict(lambda x: shift(x, signed, "DAY"), a), kind=a.kind)
    return Node(f"{a.inside(5)} {sign} INTERVAL '{count}' {unit}", 5, strict(lambda x: shift(x, signed, unit), a), kind=a.kind)


def text(scope, depth):
    choice = R.randrange(5) if depth > 0 else 0
    if choice == 1:
        start, length = R.choice([1, 2, 3]), R.choice([1, 2, 3, 8, 9])
        return call("substr", lambda x: x[start - 1:start - 1 + length] or None, text(scope, depth - 1), more=f", {start}, {length}", kind=TEXT)
    return choice_of(text, scope, depth) if choice == 2 else field(scope, TEXT)


def code(scope, depth):
    if R.random() < .2:
        start, length = R.choice([1, 2]), R.choice([1, 2, 8])
        return call("substr", lambda x: x[start - 1:start - 1 + length] or None, field(scope, CODE), more=f", {start}, {length}")
    return field(scope, CODE) if R.random() < .4 else constant(quoted(text := R.choice(CODES)), text)


# ---- conditions

def both_days(x, y):
    """A date against a time: whole days."""
    return (x, y) if type(x) is type(y) or not isinstance(x, dt.date) else (day_of(x), day_of(y))


def compare(sign, x, y):
    x, y = both_days(x, y)
    return {"=": x == y, "<>": x != y, "<": x < y, "<=": x <= y, ">": x > y, ">=": x >= y}[sign]


def both(x, y):
    return False if x is False or y is False else None if x is None or y is None else True


def negated(value):
    return None if value is None else not value


def within(low, high):
    return lambda x: low <= x and (x <= high or x.startswith(high))


def like(value, pattern):
    return bool(re.fullmatch("".join(".*" if c == "%" else "." if c == "_" else re.escape(c) for c in pattern), value, re.S))


def in_list(scope, depth):
    kind = R.choice([NUMBER, TEXT, CODE, ICD, DAY])
    a = {NUMBER: number, TEXT: text, DAY: date}.get(kind, lambda scope, depth: field(scope, kind) or field("claim", kind))(scope, depth - 1)
    if scope != "claim" and a.text in FIELDS["claim"] and kind == ICD:
        a.text, of = "claim." + a.text, a.text
        a.value = lambda row, claim: claim[of]
    items = [item for item in (value_of(kind, R.choice([0, 2])) for _ in range(R.choice([1, 2, 5, 12]))) if item is not None] or [
        {NUMBER: Fraction(1), TEXT: "x", CODE: "01", ICD: "I10", DAY: dt.date(2024, 1, 1)}[kind]]
    constants = ", ".join(decimal(x) if kind == NUMBER else f"DATE '{x}'" if kind == DAY else quoted(x) for x in items)
    return a, f"IN ({constants})", lambda x: (day_of(x) if kind == DAY else x) in items


def has_code(scope):
    low, high = R.choice(["E10", "I10", "N18", "O80", "o82", "N18*"]), R.choice(["E14", "I11", "N18", "O84", "O82"])
    first, items = low.upper().rstrip("*"), lambda x: [item.strip() for item in x.split(";") if item.strip()]
    main, of = field(scope, ICD), field(scope, LIST)
    if R.random() < .4 and main:
        return Node(f"{main.text} BETWEEN '{low}' AND '{high}'", 4, strict(within(first, high), main))
    if R.random() < .5:
        return call("has_code", lambda x: any(item == first or item.startswith(first + ".") for item in items(x)), of, more=f", '{low}'")
    return call("has_code", lambda x: any(within(first, high)(item) for item in items(x)), of, more=f", '{low}', '{high}'")


def joined(scope, depth):
    a, b, level = condition(scope, depth - 1), condition(scope, depth - 1), R.choice([1, 2])
    join = both if level == 2 else lambda x, y: negated(both(negated(x), negated(y)))
    return Node(f"{a.inside(level)} {('OR', 'AND')[level - 1]} {b.inside(level)}", level, lambda row, claim: join(a.value(row, claim), b.value(row, claim)))


def compared(scope, depth):
    make, sign = R.choice([number, number, date, text, code]), R.choice(["=", "<>", "<", "<=", ">", ">="])
    a, b, c = field(scope, CODE) if make is code else make(scope, depth - 1), make(scope, depth - 1), make(scope, depth - 1)
    if R.random() < .7:
        return Node(f"{a.inside(5)} {sign} {b.inside(5)}", 4, strict(lambda x, y: compare(sign, x, y), a, b))
    word, turn = R.choice([("", lambda x: x), ("NOT ", negated)])
    low, high = strict(lambda x, y: compare(">=", x, y), a, b), strict(lambda x, y: compare("<=", x, y), a, c)
    return Node(f"{a.inside(5)} {word}BETWEEN {b.inside(5)} AND {c.inside(5)}", 4, lambda row, claim: turn(both(low(row, claim), high(row, claim))))


def tested(scope, depth):
    word, turn = R.choice([("", lambda x: x), ("NOT ", negated)])
    choice = R.randrange(3)
    if choice == 0:
        a = R.choice([number, date, text])(scope, depth - 1)
        return Node(f"{a.inside(5)} IS {word}NULL", 4, lambda row, claim: (a.value(row, claim) is None) != bool(word))
    if choice == 1:
        a, tail, found = in_list(scope, depth)
        return Node(f"{a.inside(5)} {word}{tail}", 4, strict(lambda x: turn(found(x)), a))
    a, pattern, regex = text(scope, depth - 1) if R.random() < .5 else field(scope, TEXT, CODE, ICD), R.choice(LIKE), R.choice(MATCHES)
    if R.random() < .6:
        return Node(f"{a.inside(5)} {word}LIKE {quoted(pattern)}", 4, strict(lambda x: turn(like(x, pattern)), a))
    return Node(f"{a.inside(5)} {word}MATCHES {quoted(regex)}", 4, strict(lambda x: turn(re.fullmatch(regex, x) is not None), a))


def exists(scope, depth):
    child = R.choice(["drug", "service", "card"])
    where = condition(child, depth - 1)
    return Node(f"exists({child} WHERE {where.text})", 9, lambda row, claim: any(where.value(line, claim) is True for line in claim[child]))


def aged(scope, depth):
    birth, at, years = field(scope, BIRTH), date(scope, depth - 1), R.choice([0, 1, 6, 18, 44])

    def reached(x, y):
        least, most = age(x, day_of(y))
        return least >= years if (least >= years) == (most >= years) else None
    return Node(f"age_at_least({birth.text}, {years}, {at.text})", 9, strict(reached, birth, at))


def condition(scope, depth):
    choice = R.randrange(13) if depth > 0 else 3
    if choice == 2:
        a = condition(scope, depth - 1)
        return Node(f"NOT {a.inside(3)}", 3, lambda row, claim: negated(a.value(row, claim)))
    if choice == 10:
        return has_code(scope)
    if choice == 12:
        return case(condition, scope, depth) if R.random() < .5 else several("coalesce", [condition(scope, depth - 1) for _ in "12"])
    if choice == 11:
        return exists(scope, depth) if scope == "claim" else aged(scope, depth)
    return (joined if choice < 2 else compared if choice < 6 else tested if choice < 9 else aged)(scope, depth)
