#include "ingest/encoding.h"

#include <string.h>

#include "ingest/markup.h"

typedef struct magic {
    const char *bytes;
    size_t length;
    const char *advice;
} magic;

#define MAGIC(bytes, advice)                                                                                 \
    { bytes, sizeof(bytes) - 1, advice }

static const magic magics[] = {
    MAGIC("PK\x03\x04",
          "this is a ZIP archive or an Excel workbook (xlsx), not CSV: in Excel save it as 'CSV "
          "UTF-8', unpack a ZIP first"),
    MAGIC("PK\x05\x06", "this is an empty ZIP archive, not CSV"),
    MAGIC("\xD0\xCF\x11\xE0",
          "this is an old Excel workbook (xls), not CSV: in Excel save it as 'CSV UTF-8'"),
    MAGIC("PAR1",
          "this is a Parquet file, not CSV: export the claims as CSV in UTF-8, or give the table to kiem in "
          "Python"),
    MAGIC("\x1F\x8B", "this is gzip data: unpack it first, for example gzip -dc in.csv.gz > out.csv"),
    MAGIC("\x28\xB5\x2F\xFD",
          "this is zstd data: unpack it first, for example zstd -dc in.csv.zst > out.csv"),
    MAGIC("\xFD"
          "7zXZ",
          "this is xz data: unpack it first, for example xz -dc in.csv.xz > out.csv"),
    MAGIC("\xFF\xFE",
          "this is UTF-16 (little-endian): convert it, for example iconv -f UTF-16 -t UTF-8 in.csv "
          "> out.csv"),
    MAGIC("\xFE\xFF",
          "this is UTF-16 (big-endian): convert it, for example iconv -f UTF-16 -t UTF-8 in.csv > "
          "out.csv"),
};

static kiem_status refuse(const char *file, km_error *error, const char *advice) {
    return km_fail_at(error, KIEM_E_FORMAT, km_at(file, 0, 0), "%s", advice);
}

static kiem_status check_magic(km_text head, const char *file, km_error *error) {
    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++) {
        if (km_text_starts(head, (km_text){magics[i].bytes, magics[i].length}))
            return refuse(file, error, magics[i].advice);
    }
    return KIEM_OK;
}

static bool is_letter(unsigned char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* No column name starts with '<', so this is XML, or HTML that calls itself a table. */
static kiem_status check_markup(km_text head, const char *file, km_error *error) {
    switch (km_markup_of(head)) {
    case KM_MARKUP_XML:
        return refuse(
            file, error,
            "this is XML, not CSV: give it to a job as claims, which takes their lines from it too");
    case KM_MARKUP_HTML:
        return refuse(file, error,
                      "this is HTML, not CSV: open it in a spreadsheet and save it as 'CSV UTF-8'");
    default: return KIEM_OK;
    }
}

/* UTF-16 without a mark: nearly every other byte of an ASCII header is NUL. */
static kiem_status check_zeros(km_text head, const char *file, km_error *error) {
    size_t zeros[2] = {0, 0};
    if (!memchr(head.ptr, '\0', head.length)) return KIEM_OK;
    for (size_t i = 0; i < head.length; i++) zeros[i % 2] += head.ptr[i] == '\0';
    size_t pairs = head.length / 2;
    if (zeros[1] * 4 > pairs && zeros[0] * 8 < zeros[1])
        return refuse(
            file, error,
            "this is UTF-16 (little-endian) without a byte order mark: convert it, for example iconv "
            "-f UTF-16LE -t UTF-8 in.csv > out.csv");
    if (zeros[0] * 4 > pairs && zeros[1] * 8 < zeros[0])
        return refuse(
            file, error,
            "this is UTF-16 (big-endian) without a byte order mark: convert it, for example iconv -f "
            "UTF-16BE -t UTF-8 in.csv > out.csv");
    return refuse(file, error,
                  "this is binary data (it has NUL bytes), not CSV: export the claims as CSV in UTF-8");
}

/* What the lines that are not UTF-8 are made of. */
typedef struct census {
    size_t lines, good, bad; /* lines behind the header; with valid, and with invalid non-ASCII text */
    bool bad_header;
    size_t high;     /* bytes above 0x7F in bad lines */
    size_t low_half; /* of these below 0xC0: half of TCVN3's letters, none of VNI's */
    size_t tcvn;     /* of these: letters of TCVN3 */
    size_t vni;      /* of these: an accent behind its vowel, or one of VNI's own letters */
    size_t in_words; /* of these: next to an ASCII letter */
} census;

static bool is_tcvn_letter(unsigned char c) {
    return (c >= 0xA1 && c <= 0xAE) || (c >= 0xB5 && c <= 0xBE && c != 0xBA) ||
           (c >= 0xC6 && c != 0xCD && c != 0xFF);
}

/* VNI writes the vowel in ASCII and its accents as a second letter of the same case; some letters stand
 * alone. */
static bool is_vni_letter(unsigned char before, unsigned char c) {
    static const char vowels[] = "aeouy\xF4\xF6", capitals[] = "AEOUY\xD4\xD6";
    static const char marks[] = "\xE0\xE1\xE2\xE3\xE4\xE5\xE8\xE9\xEA\xEB\xEF\xF5\xF8\xF9\xFA\xFB\xFC";
    static const char alone[] = "\xE6\xEC\xED\xEE\xF1\xF2\xF3\xF4\xF6";
    unsigned char small = c | 0x20;
    if (c < 0xC0) return false;
    if (strchr(alone, (char)small)) return true;
    return before && strchr(marks, (char)small) && strchr(small == c ? vowels : capitals, (char)before);
}

static void count_letters(census *counts, const unsigned char *line, size_t size) {
    for (size_t i = 0; i < size; i++) {
        unsigned char c = line[i], before = i ? line[i - 1] : 0, after = i + 1 < size ? line[i + 1] : 0;
        if (c < 0x80) continue;
        counts->high++;
        counts->low_half += c < 0xC0;
        counts->tcvn += is_tcvn_letter(c);
        counts->vni += is_vni_letter(before, c);
        counts->in_words += is_letter(before) || is_letter(after);
    }
}

static bool is_ascii(const char *ptr, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)ptr[i] >= 0x80) return false;
    }
    return true;
}

static census take_census(km_text head, bool whole) {
    census counts = {0};
    km_text rest = head, line;
    for (bool header = true; km_text_split(&rest, '\n', &line); header = false) {
        if (!rest.ptr && !whole && !header) break; /* the last line may be cut inside a character */
        bool valid = km_utf8_valid(line.ptr, line.length);
        if (header) {
            counts.bad_header = !valid && (rest.ptr || whole);
        } else {
            counts.lines += line.length > 0;
            counts.good += valid && !is_ascii(line.ptr, line.length);
            counts.bad += !valid;
        }
        if (!valid) count_letters(&counts, (const unsigned char *)line.ptr, line.length);
    }
    return counts;
}

/* A few damaged rows are rejected one by one; here it is the file that is in another encoding. */
static bool most_is_damaged(const census *counts) {
    if (counts->bad_header) return true;
    return counts->bad > counts->good &&
           (counts->bad * 2 > counts->lines || (counts->bad >= 16 && counts->bad * 8 > counts->lines));
}

static kiem_status check_utf8(km_text head, bool whole, const char *file, km_error *error) {
    census counts = take_census(head, whole);
    if (!most_is_damaged(&counts)) return KIEM_OK;
    if (counts.low_half * 10 > counts.high && counts.tcvn * 10 > counts.high * 9)
        return refuse(
            file, error,
            "this looks like TCVN3 (ABC) text, not UTF-8: convert it, for example with Unikey's toolkit or "
            "iconv -f TCVN -t UTF-8 in.csv > out.csv");
    if (counts.low_half * 10 <= counts.high && counts.vni * 2 > counts.high)
        return refuse(
            file, error,
            "this looks like VNI text, not UTF-8: convert it, for example with Unikey's toolkit or uvconv");
    if (counts.in_words * 3 > counts.high)
        return refuse(
            file, error,
            "this looks like an 8-bit Vietnamese encoding, not UTF-8: convert it, for example with Unikey's "
            "toolkit or uvconv, or if it is Windows-1258 with iconv -f CP1258 -t UTF-8 in.csv > out.csv");
    return refuse(file, error, "this is not valid UTF-8 text: export the claims again as CSV in UTF-8");
}

static kiem_status check_line_ends(km_text head, const char *file, km_error *error) {
    if (!memchr(head.ptr, '\r', head.length) || memchr(head.ptr, '\n', head.length)) return KIEM_OK;
    return refuse(
        file, error,
        "its lines end in lone carriage returns (old Mac): convert it, for example tr '\\r' '\\n' < in.csv "
        "> out.csv");
}

kiem_status km_encoding_check(km_text head, bool whole, const char *file, size_t *skip, km_error *error) {
    *skip = km_text_starts(head, KM_TEXT("\xEF\xBB\xBF")) ? 3 : 0;
    km_text text = {head.ptr + *skip, head.length - *skip};
    if (whole && km_text_trim(text).length == 0) return refuse(file, error, "the file is empty");
    KM_TRY(check_markup(text, file, error)); /* in UTF-16 too */
    KM_TRY(check_magic(text, file, error));
    KM_TRY(check_zeros(text, file, error));
    KM_TRY(check_utf8(text, whole, file, error));
    return check_line_ends(text, file, error);
}
