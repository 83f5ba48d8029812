/* The body of every kernel. The including file defines the vector type km_v of KM_V_LANES floats, its
 * operations, km_peer_squares, KM_KERNEL and KM_KERNEL_NAME. Included once by each outlier_<instruction
 * set>.c, by nothing else. */

/* A missing value lies at the centre. */
static inline float standardise(double value, double centre, double inverse) {
    value = value > KM_VALUE_MAX ? KM_VALUE_MAX : value;
    value = value < -KM_VALUE_MAX ? -KM_VALUE_MAX : value;
    double z = (value - centre) * inverse;
    z = z > KM_STANDARD_MAX ? KM_STANDARD_MAX : z;
    z = z < -KM_STANDARD_MAX ? -KM_STANDARD_MAX : z;
    return (float)(z == z ? z : 0);
}

/* Standardises all rows, in double so that large values lose nothing, and turns them into columns. */
static void load_rows(const km_outlier *model, const km_tile_rows *rows, float *tile, float *spare) {
    const size_t d = model->columns;
    for (size_t r = 0; r < KM_TILE; r++) {
        float *restrict line = spare + r * d;
        const double *restrict centre = model->centre, *restrict inverse = model->inverse;
        if (rows->wide) {
            const double *restrict from = (const void *)rows->row[r];
            for (size_t j = 0; j < d; j++) line[j] = standardise(from[j], centre[j], inverse[j]);
        } else {
            const float *restrict from = (const void *)rows->row[r];
            for (size_t j = 0; j < d; j++) line[j] = standardise((double)from[j], centre[j], inverse[j]);
        }
    }
    for (size_t j = 0; j < d; j++) {
        for (size_t r = 0; r < KM_TILE; r++) tile[j * KM_TILE + r] = spare[r * d + j];
    }
}

/* ln(1 + f) for f in [sqrt(1/2) - 1, sqrt(2) - 1], after Cephes logf (Moshier). */
static inline km_v log_mantissa(km_v f) {
    const km_v square = km_v_mul(f, f);
    km_v p = km_v_set(7.0376836292e-2f);
    p = km_v_add(km_v_mul(p, f), km_v_set(-1.1514610310e-1f));
    p = km_v_add(km_v_mul(p, f), km_v_set(1.1676998740e-1f));
    p = km_v_add(km_v_mul(p, f), km_v_set(-1.2420140846e-1f));
    p = km_v_add(km_v_mul(p, f), km_v_set(1.4249322787e-1f));
    p = km_v_add(km_v_mul(p, f), km_v_set(-1.6668057665e-1f));
    p = km_v_add(km_v_mul(p, f), km_v_set(2.0000714765e-1f));
    p = km_v_add(km_v_mul(p, f), km_v_set(-2.4999993993e-1f));
    p = km_v_add(km_v_mul(p, f), km_v_set(3.3333331174e-1f));
    p = km_v_mul(km_v_mul(p, f), square);
    p = km_v_sub(p, km_v_mul(square, km_v_set(0.5f)));
    return km_v_add(f, p);
}

static inline km_v km_v_log(km_v x) {
    km_v exponent, mantissa;
    km_v_split(x, &exponent, &mantissa);
    const km_v fraction = log_mantissa(km_v_sub(mantissa, km_v_set(1.0f)));
    return km_v_add(km_v_mul(exponent, km_v_set(0.693147180559945f)), fraction);
}

static inline km_v km_v_asinh(km_v z) {
    const km_v one = km_v_set(1.0f), a = km_v_abs(z);
    const km_v root = km_v_sqrt(km_v_add(km_v_mul(a, a), one));
    return km_v_with_sign(km_v_log(km_v_add(a, root)), z);
}

/* Softens one group of lanes of every column and returns their tails. */
static inline km_v soften(const km_outlier *model, float *tile) {
    km_v tail = km_v_set(0.0f);
    for (uint32_t j = 0; j < model->columns; j++) {
        km_v u = km_v_asinh(km_v_load(tile + (size_t)j * KM_TILE));
        u = km_v_max(u, km_v_set(model->low[j]));
        km_v_store(tile + (size_t)j * KM_TILE, u);
        const km_v up = km_v_mul(u, km_v_set(model->upward[j]));
        const km_v down = km_v_mul(u, km_v_set(model->downward[j]));
        const km_v out = km_v_max(up, down);
        tail = km_v_add(tail, km_v_mul(out, km_v_sqrt(out)));
    }
    return tail;
}

/* z = W u - W mu for one group of lanes; returns the squared length. */
static inline km_v whiten(const km_outlier *model, const float *tile, float *z) {
    km_v length = km_v_set(0.0f);
    const float *row = model->whiten;
    for (uint32_t i = 0; i < model->columns; i++) {
        km_v sum = km_v_set(-model->offset[i]);
        for (size_t j = km_outlier_run_start(model->columns, i); j <= i; j++) {
            sum = km_v_add(sum, km_v_mul(km_v_load(tile + j * KM_TILE), km_v_set(row[j])));
        }
        row += i + 1;
        km_v_store(z + (size_t)i * KM_TILE, sum);
        length = km_v_add(length, km_v_mul(sum, sum));
    }
    return length;
}

/* a = the smaller, b = the larger of each lane. */
static inline void order(km_v *a, km_v *b) {
    const km_v low = km_v_min(*a, *b);
    *b = km_v_max(*a, *b);
    *a = low;
}

/* Batcher's network: 19 exchanges. */
static inline void sort_eight(km_v v[8]) {
    for (int i = 0; i < 8; i += 2) order(&v[i], &v[i + 1]);
    for (int i = 0; i < 8; i += 4) order(&v[i], &v[i + 2]), order(&v[i + 1], &v[i + 3]);
    order(&v[1], &v[2]);
    order(&v[5], &v[6]);
    for (int i = 0; i < 4; i++) order(&v[i], &v[i + 4]);
    order(&v[2], &v[4]);
    order(&v[3], &v[5]);
    for (int i = 1; i < 6; i += 2) order(&v[i], &v[i + 1]);
}

/* The eight smallest of two sorted eights, sorted: the smaller halves form a bitonic sequence. */
static inline void merge_eight(km_v best[8], const km_v more[8]) {
    for (int i = 0; i < 8; i++) best[i] = km_v_min(best[i], more[7 - i]);
    for (int i = 0; i < 4; i++) order(&best[i], &best[i + 4]);
    for (int i = 0; i < 8; i += 4) order(&best[i], &best[i + 2]), order(&best[i + 1], &best[i + 3]);
    for (int i = 0; i < 8; i += 2) order(&best[i], &best[i + 1]);
}

/* |z - r|^2 = |z|^2 + 2 (|r|^2 / 2 - z.r): the bracket alone orders the references of a row. */
static inline km_v nearest(const km_outlier *model, const float *z) {
    const size_t groups = km_outlier_groups(model->references);
    const float *reference = model->reference;
    km_v best[8];
    for (int r = 0; r < 8; r++) best[r] = km_v_set(FLT_MAX);
    for (size_t g = 0; g < groups; g++) {
        km_v next[8];
        for (int r = 0; r < 8; r++) next[r] = km_v_set(model->half[8 * g + (size_t)r]);
        for (uint32_t j = 0; j < model->columns; j++, reference += 8) {
            const km_v value = km_v_load(z + (size_t)j * KM_TILE);
            for (int r = 0; r < 8; r++) next[r] = km_v_sub(next[r], km_v_mul(value, km_v_set(reference[r])));
        }
        sort_eight(next);
        merge_eight(best, next);
    }
    float kept[8][KM_V_LANES];
    for (int r = 0; r < 8; r++) km_v_store(kept[r], best[r]);
    return km_v_load(kept[model->nearest - 1]);
}

static void tile_body(const km_outlier *model, const km_tile_rows *rows, float *tile, float *spare,
                      float *distance, float *tail) {
    load_rows(model, rows, tile, spare);
    for (int lane = 0; lane < KM_TILE; lane += KM_V_LANES) {
        km_v_store(tail + lane, soften(model, tile + lane));
        if (model->distance_weight == 0.0f) continue;
        const km_v length = whiten(model, tile + lane, spare + lane);
        const km_v square = km_v_add(length, km_v_mul(km_v_set(2.0f), nearest(model, spare + lane)));
        km_v_store(distance + lane, km_v_sqrt(km_v_max(square, km_v_set(0.0f))));
    }
}

enum { PEER_BLOCK = 16 };

/* One block of rows; each instruction set adds in the same tree: feature i and i + 8, then + 4, 2, 1. */
static void measure_peers(const km_peer_rows *rows, size_t first, float *distance) {
    float squares[PEER_BLOCK];
    km_peer_squares(rows, first, squares);
    for (int lane = 0; lane < PEER_BLOCK; lane += KM_V_LANES) {
        km_v_store(distance + lane, km_v_sqrt(km_v_load(squares + lane)));
    }
}

static void peers_body(const km_peer_rows *rows, float *distance) {
    const size_t whole = rows->count - rows->count % PEER_BLOCK, rest = rows->count - whole;
    for (size_t first = 0; first < whole; first += PEER_BLOCK) measure_peers(rows, first, distance + first);
    if (rest == 0) return;
    float values[PEER_BLOCK][KM_PEER_FEATURES] = {0}, distances[PEER_BLOCK];
    uint32_t group[PEER_BLOCK] = {0};
    for (size_t i = 0; i < rest; i++) memcpy(values[i], km_peer_row(rows, whole + i), sizeof values[i]);
    memcpy(group, rows->group + whole, rest * sizeof *group);
    km_peer_rows last = *rows;
    last.values = values;
    last.stride = sizeof values[0];
    last.group = group;
    measure_peers(&last, 0, distances);
    memcpy(distance + whole, distances, rest * sizeof *distance);
}

const km_outlier_kernel KM_KERNEL = {KM_KERNEL_NAME, tile_body, peers_body};
