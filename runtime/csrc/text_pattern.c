/* A pattern becomes the automaton of Glushkov (1961): a position for each character or set once {m,n} is written out, and
 * for each position the followers in the order in which a backtracking matcher tries them. */
#include "text_pattern.h"

#include <string.h>

#include "unicode.h"

enum { MAX_POSITIONS = 64, MAX_PATTERN_BYTES = 1024, ACCEPT = MAX_POSITIONS };
#define NO_LIMIT UINT32_MAX

/* Assertions that an edge carries: start of the text; its end; its end or before a line feed that ends it; \b; \B. */
enum { AT_START = 1, AT_END = 2, AT_FINAL_NEWLINE = 4, BOUNDARY = 8, NOT_BOUNDARY = 16, ASSERTIONS = 32 };

/* Ranges of code points, and classes: a character of the set is in one of them. */
enum { WORD = 1, NOT_WORD = 2, DIGIT = 4, NOT_DIGIT = 8, SPACE = 16, NOT_SPACE = 32 };
typedef struct {
    uint32_t first, last;
} range;
typedef struct {
    uint32_t first_range, range_count; /* in the pattern's ranges */
    uint8_t classes;
    bool negated;
} set;

typedef struct {
    uint8_t position, asserted; /* ACCEPT: the match may end here */
} edge;
typedef struct {
    edge *edges;
    uint32_t count;
} edge_list;

struct drp_pattern {
    range ranges[MAX_PATTERN_BYTES];
    set sets[MAX_PATTERN_BYTES];
    uint32_t range_count, set_count;
    uint32_t positions; /* their number */
    uint16_t set_of[MAX_POSITIONS];
    uint64_t ascii[128];                           /* positions that take a character, a bit each */
    edge_list followers[MAX_POSITIONS], first;
    uint64_t first_positions;
    uint8_t used;                                  /* assertions that some edge carries */
    uint64_t (*before[ASSERTIONS])[MAX_POSITIONS + 1]; /* for assertions that hold: positions with an edge to each */
    enum { GENERAL, ONE, RUN } quick;              /* ONE: a single character of a set. RUN: as many as there are */
};

/* ---- Sets ---- */

static bool is_word(uint32_t code) { return code == '_' || (drp_unicode_classes(code) & DRP_ALPHANUMERIC); }

static bool is_ascii_word(uint32_t code) { return code - '0' < 10 || (code | 32) - 'a' < 26 || code == '_'; }

static bool is_in(const drp_pattern *p, const set *s, uint32_t code) {
    bool found = false;
    for (uint32_t n = 0; n < s->range_count && !found; ++n) {
        const range *r = &p->ranges[s->first_range + n];
        found = code >= r->first && code <= r->last;
    }
    if (!found && (s->classes & (WORD | NOT_WORD))) found = s->classes & (is_word(code) ? WORD : NOT_WORD);
    if (!found && (s->classes & (DIGIT | NOT_DIGIT)))
        found = s->classes & (drp_unicode_classes(code) & DRP_DECIMAL ? DIGIT : NOT_DIGIT);
    if (!found && (s->classes & (SPACE | NOT_SPACE)))
        found = s->classes & (drp_unicode_is_space(code) ? SPACE : NOT_SPACE);
    return found != s->negated;
}

static uint64_t takers(const drp_pattern *p, uint32_t code) {
    if (code < 128) return p->ascii[code];
    uint64_t bits = 0;
    for (uint32_t n = 0; n < p->positions; ++n)
        if (is_in(p, &p->sets[p->set_of[n]], code)) bits |= (uint64_t)1 << n;
    return bits;
}

/* ---- Parsing: from text to a tree ---- */

typedef enum { EMPTY, SET, ASSERTION, SEQUENCE, ALTERNATION, REPEAT } node_kind;
typedef struct {
    node_kind kind;
    bool nullable, lazy;
    uint32_t count; /* of positions, repetitions written out */
    uint32_t least, most;
    int left, right; /* nodes; for a set its number, for an assertion its bit */
} node;

typedef struct {
    drp_pattern *pattern;
    uint32_t text[MAX_PATTERN_BYTES + 1]; /* code points, and a zero behind them */
    uint32_t size, at;
    node nodes[4 * MAX_PATTERN_BYTES];
    int node_count;
    const char *refusal; /* why the text is refused */
    uint32_t place;
} parser;

DRP_RARE static int refuse(parser *p, const char *why, uint32_t place) {
    if (!p->refusal) {
        p->refusal = why;
        p->place = place;
    }
    return -1;
}

DRP_RARE static int add_node(parser *p, node n) {
    if (p->node_count == 4 * MAX_PATTERN_BYTES) return refuse(p, "it has too many parts", p->at);
    p->nodes[p->node_count] = n;
    return p->node_count++;
}

DRP_RARE static bool is_next(const parser *p, uint32_t code) { return p->at < p->size && p->text[p->at] == code; }

DRP_RARE static bool take(parser *p, uint32_t code) {
    if (!is_next(p, code)) return false;
    ++p->at;
    return true;
}

DRP_RARE static int hex_digit(uint32_t c) {
    if (c - '0' < 10) return (int)(c - '0');
    if ((c | 32) - 'a' < 6) return (int)((c | 32) - 'a' + 10);
    return -1;
}

/* Reads an escape behind its backslash: a code point, or the bit of a class. */
DRP_RARE static bool read_escape(parser *p, bool in_set, uint32_t *code, uint8_t *class) {
    static const char letters[] = "afnrtv0", classes[] = "wWdDsS";
    static const uint8_t controls[] = {7, 12, 10, 13, 9, 11, 0};
    uint32_t place = p->at - 1;
    if (p->at >= p->size) return refuse(p, "a backslash at the end", place), false;
    uint32_t letter = p->text[p->at++];
    *class = 0;
    *code = letter;
    if (letter >= 128) return true;
    for (int n = 0; n < 6; ++n)
        if (letter == (uint8_t)classes[n]) {
            *class = (uint8_t)(1 << n);
            return true;
        }
    if (letter == 'x' || letter == 'u' || letter == 'U') {
        uint32_t digits = letter == 'x' ? 2 : letter == 'u' ? 4 : 8, value = 0;
        for (uint32_t n = 0; n < digits; ++n) {
            int digit = p->at < p->size ? hex_digit(p->text[p->at]) : -1;
            if (digit < 0) return refuse(p, "an escape without its hexadecimal digits", place), false;
            value = value << 4 | (uint32_t)digit;
            ++p->at;
        }
        if (value > 0x10FFFF) return refuse(p, "an escape that is no character", place), false;
        *code = value;
        return true;
    }
    if (letter == 'b' && in_set) {
        *code = 8;
        return true;
    }
    for (int n = 0; n < 7; ++n)
        if (letter == (uint8_t)letters[n]) {
            if (letter == '0' && p->at < p->size && p->text[p->at] - '0' < 8)
                return refuse(p, "an octal escape", place), false;
            *code = controls[n];
            return true;
        }
    if (letter - '0' < 10) return refuse(p, "a reference back to a group", place), false;
    if ((letter | 32) - 'a' < 26) return refuse(p, "an escape that has no meaning", place), false;
    return true;
}

DRP_RARE static bool add_range(parser *p, uint32_t first, uint32_t last) {
    drp_pattern *to = p->pattern;
    if (to->range_count == MAX_PATTERN_BYTES) return refuse(p, "it has too many ranges", p->at), false;
    to->ranges[to->range_count++] = (range){first, last};
    ++to->sets[to->set_count].range_count;
    return true;
}

/* Ends the set that is being made and gives it a node. */
DRP_RARE static int finish_set(parser *p) {
    return add_node(p, (node){.kind = SET, .count = 1, .left = (int)p->pattern->set_count++});
}

/* A new set, to which ranges and classes are added; NULL when there are too many. */
DRP_RARE static set *begin_set(parser *p) {
    if (p->pattern->set_count == MAX_PATTERN_BYTES) return refuse(p, "it has too many sets", p->at), NULL;
    set *s = &p->pattern->sets[p->pattern->set_count];
    *s = (set){.first_range = p->pattern->range_count};
    return s;
}

DRP_RARE static int character(parser *p, uint32_t code) {
    return begin_set(p) && add_range(p, code, code) ? finish_set(p) : -1;
}

DRP_RARE static int read_set(parser *p, uint32_t place) {
    set *s = begin_set(p);
    if (!s) return -1;
    if (is_next(p, '[')) return refuse(p, "a set that begins with [", p->at);
    s->negated = take(p, '^');
    for (bool is_first = true;; is_first = false) {
        uint32_t start = p->at;
        if (p->at >= p->size) return refuse(p, "a set that is not closed", place);
        uint32_t one = p->text[p->at++], other;
        uint8_t class = 0, other_class = 0;
        if (one == ']' && !is_first) return finish_set(p);
        if (!is_first && (one == '-' || one == '&' || one == '~' || one == '|') && is_next(p, one))
            return refuse(p, "a doubled operator in a set", start);
        if (one == '\\' && !read_escape(p, true, &one, &class)) return -1;
        if (is_next(p, '-') && !(p->at + 1 < p->size && p->text[p->at + 1] == ']')) {
            ++p->at;
            if (p->at >= p->size) return refuse(p, "a set that is not closed", place);
            other = p->text[p->at++];
            if (other == '-') return refuse(p, "a range that ends with -", p->at - 1);
            if (other == '\\' && !read_escape(p, true, &other, &other_class)) return -1;
            if (class || other_class || other < one)
                return refuse(p, "a range that does not go from a character to a later one", start);
            if (!add_range(p, one, other)) return -1;
        } else if (class) {
            s->classes |= class;
        } else if (!add_range(p, one, one)) {
            return -1;
        }
    }
}

/* The place behind the quantifier in braces that begins at `at`; 0 where the brace is a character. */
DRP_RARE static uint32_t quantifier_end(const parser *p, uint32_t at, uint32_t *least, uint32_t *most) {
    uint32_t bounds[2] = {0, 0}, digits[2] = {0, 0};
    int side = 0;
    uint32_t start = ++at;
    for (; at < p->size && p->text[at] != '}'; ++at) {
        uint32_t c = p->text[at];
        if (c == ',' && side == 0) {
            side = 1;
        } else if (c - '0' < 10) {
            ++digits[side];
            bounds[side] = digits[side] < 10 ? bounds[side] * 10 + (c - '0') : MAX_POSITIONS + 1;
        } else {
            return 0;
        }
    }
    if (at >= p->size || at == start) return 0;
    *least = bounds[0];
    *most = side == 0 ? bounds[0] : digits[1] ? bounds[1] : NO_LIMIT;
    return at + 1;
}

DRP_RARE static bool is_quantifier(const parser *p, uint32_t at) {
    uint32_t least, most;
    if (at >= p->size) return false;
    uint32_t c = p->text[at];
    return c == '*' || c == '+' || c == '?' || (c == '{' && quantifier_end(p, at, &least, &most));
}

static int read_alternation(parser *p, int depth);

DRP_RARE static int assertion(parser *p, int bit) {
    return add_node(p, (node){.kind = ASSERTION, .nullable = true, .left = bit});
}

DRP_RARE static int read_item(parser *p, int depth) {
    uint32_t place = p->at;
    if (is_quantifier(p, place)) return refuse(p, "a quantifier without something to repeat", place);
    uint32_t c = p->text[p->at++];
    switch (c) {
    case '^': return assertion(p, AT_START);
    case '$': return assertion(p, AT_FINAL_NEWLINE);
    case '.': {
        set *s = begin_set(p);
        if (!s || !add_range(p, '\n', '\n')) return -1;
        s->negated = true;
        return finish_set(p);
    }
    case '(': {
        if (depth >= MAX_POSITIONS) return refuse(p, "parentheses inside too many parentheses", place);
        if (take(p, '?') && !take(p, ':')) return refuse(p, "a group that is neither (...) nor (?:...)", place);
        int inside = read_alternation(p, depth + 1);
        if (inside >= 0 && !take(p, ')')) return refuse(p, "a parenthesis that is not closed", place);
        return inside;
    }
    case '[': return read_set(p, place);
    case '\\': {
        static const char names[] = "AZbB";
        static const uint8_t bits[] = {AT_START, AT_END, BOUNDARY, NOT_BOUNDARY};
        for (int n = 0; n < 4; ++n)
            if (is_next(p, (uint8_t)names[n])) {
                ++p->at;
                return assertion(p, bits[n]);
            }
        uint8_t class;
        if (!read_escape(p, false, &c, &class)) return -1;
        if (!class) return character(p, c);
        set *s = begin_set(p);
        if (!s) return -1;
        s->classes = class;
        return finish_set(p);
    }
    default: return character(p, c);
    }
}

DRP_RARE static int read_repeated(parser *p, int item, uint32_t start) {
    uint32_t place = p->at, least, most;
    if (!is_quantifier(p, place)) return item;
    switch (p->text[p->at++]) {
    case '*': least = 0, most = NO_LIMIT; break;
    case '+': least = 1, most = NO_LIMIT; break;
    case '?': least = 0, most = 1; break;
    default: p->at = quantifier_end(p, place, &least, &most);
    }
    const node *body = &p->nodes[item];
    if (body->kind == ASSERTION) return refuse(p, "a quantifier without something to repeat", place);
    if (most < least) return refuse(p, "a quantifier whose second number is the smaller one", place);
    bool lazy = take(p, '?');
    if (is_quantifier(p, p->at)) return refuse(p, "a quantifier behind a quantifier", p->at);
    if (body->nullable) return refuse(p, "a quantifier over something that can be empty", start);
    uint64_t count = (uint64_t)body->count * (most != NO_LIMIT ? most : least > 1 ? least : 1);
    if (count > MAX_POSITIONS) return refuse(p, "a repetition of more than 64 positions", place);
    return add_node(p, (node){.kind = REPEAT, .nullable = least == 0, .lazy = lazy, .count = (uint32_t)count,
                              .least = least, .most = most, .left = item});
}

DRP_RARE static int join(parser *p, node_kind kind, int left, int right) {
    const node *a = &p->nodes[left], *b = &p->nodes[right];
    bool nullable = kind == SEQUENCE ? a->nullable && b->nullable : a->nullable || b->nullable;
    return add_node(p, (node){.kind = kind, .nullable = nullable, .count = a->count + b->count, .left = left, .right = right});
}

DRP_RARE static int read_sequence(parser *p, int depth) {
    int whole = -1;
    while (p->at < p->size && p->text[p->at] != '|' && p->text[p->at] != ')') {
        uint32_t start = p->at;
        int part = read_item(p, depth);
        if (part >= 0) part = read_repeated(p, part, start);
        if (part >= 0 && whole >= 0) part = join(p, SEQUENCE, whole, part);
        if (part < 0) return -1;
        whole = part;
    }
    return whole >= 0 ? whole : add_node(p, (node){.kind = EMPTY, .nullable = true});
}

DRP_RARE static int read_alternation(parser *p, int depth) {
    int whole = read_sequence(p, depth);
    while (whole >= 0 && take(p, '|')) {
        int branch = read_sequence(p, depth);
        whole = branch < 0 ? -1 : join(p, ALTERNATION, whole, branch);
    }
    return whole;
}

/* ---- From the tree to followers ---- */

/* States are joined by edges without a character, in order of priority. */
typedef enum { STATE_ACCEPT, STATE_SET, STATE_ASSERT, STATE_FORK } state_kind;
typedef struct {
    state_kind kind;
    uint32_t what;   /* the position, or the bit of the assertion */
    int next, other; /* `other` of a fork is tried second */
} state;

typedef struct {
    uint32_t state;
    uint8_t asserted;
} visit;

typedef struct {
    parser *from;
    state *states;
    uint32_t *seen; /* for each state a bit for each set of assertions */
    visit *waiting;
    size_t state_count, state_room, waiting_room;
    bool no_memory;
} builder;

/* Memory for twice as many items, the old ones kept; NULL, and the builder's mark, where there is none. */
DRP_RARE static void *doubled(builder *b, void *items, size_t count, size_t item_bytes) {
    void *larger = drp_allocate(2 * count + 64, item_bytes);
    if (larger && count) memcpy(larger, items, count * item_bytes);
    if (!larger) b->no_memory = true;
    if (larger) drp_free(items);
    return larger;
}

DRP_RARE static int add_state(builder *b, state s) {
    if (b->no_memory) return 0;
    if (b->state_count == b->state_room) {
        state *larger = doubled(b, b->states, b->state_count, sizeof *larger);
        if (!larger) return 0;
        b->states = larger;
        b->state_room = 2 * b->state_count + 64;
    }
    b->states[b->state_count] = s;
    return (int)b->state_count++;
}

DRP_RARE static int fork_to(builder *b, bool lazy, int body, int then) {
    return add_state(b, (state){STATE_FORK, 0, lazy ? then : body, lazy ? body : then});
}

/* Adds the states of a node, which go on to `then`; returns its first state. Recursion is as deep as the tree, whose
 * left spines are walked in a loop. */
DRP_RARE static int add_states(builder *b, int number, int then) {
    for (;;) {
        const node *n = &b->from->nodes[number];
        drp_pattern *p = b->from->pattern;
        switch (n->kind) {
        case EMPTY: return then;
        case SET:
            p->set_of[p->positions] = (uint16_t)n->left;
            return add_state(b, (state){STATE_SET, p->positions++, then, 0});
        case ASSERTION: return add_state(b, (state){STATE_ASSERT, (uint32_t)n->left, then, 0});
        case SEQUENCE:
            then = add_states(b, n->right, then);
            number = n->left;
            continue;
        case ALTERNATION: {
            int right = add_states(b, n->right, then), left = add_states(b, n->left, then);
            return fork_to(b, false, left, right);
        }
        default: break;
        }
        int start = then;
        uint32_t copies = n->least;
        if (n->most == NO_LIMIT) {
            int fork = fork_to(b, n->lazy, 0, then), body = add_states(b, n->left, fork);
            if (b->no_memory) return 0;
            *(n->lazy ? &b->states[fork].other : &b->states[fork].next) = body;
            start = n->least == 0 ? fork : body;
            copies = n->least > 1 ? n->least - 1 : 0;
        } else {
            for (uint32_t k = n->least; k < n->most; ++k) {
                int body = add_states(b, n->left, start);
                start = fork_to(b, n->lazy, body, then);
            }
        }
        for (; copies; --copies) start = add_states(b, n->left, start);
        return start;
    }
}

/* The positions that a state leads to without a character, with the assertions on the way, by priority. */
DRP_RARE static bool reach(builder *b, int from, edge_list *list) {
    edge found[(MAX_POSITIONS + 1) * ASSERTIONS];
    uint32_t asked[MAX_POSITIONS + 1] = {0}; /* sets of assertions with which each was found */
    size_t count = 0, waiting = 0;
    memset(b->seen, 0, b->state_count * sizeof *b->seen);
    b->waiting[waiting++] = (visit){(uint32_t)from, 0};
    while (waiting) {
        visit here = b->waiting[--waiting];
        if (b->seen[here.state] >> here.asserted & 1) continue;
        b->seen[here.state] |= (uint32_t)1 << here.asserted;
        const state *s = &b->states[here.state];
        if (waiting + 2 > b->waiting_room) {
            visit *larger = doubled(b, b->waiting, b->waiting_room, sizeof *larger);
            if (!larger) return false;
            b->waiting = larger;
            b->waiting_room = 2 * b->waiting_room + 64;
        }
        if (s->kind == STATE_FORK) {
            b->waiting[waiting++] = (visit){(uint32_t)s->other, here.asserted};
            b->waiting[waiting++] = (visit){(uint32_t)s->next, here.asserted};
        } else if (s->kind == STATE_ASSERT) {
            b->waiting[waiting++] = (visit){(uint32_t)s->next, (uint8_t)(here.asserted | s->what)};
        } else {
            uint8_t target = s->kind == STATE_ACCEPT ? ACCEPT : (uint8_t)s->what;
            bool known = false; /* an earlier way that asks for no more would have been taken */
            for (uint32_t bits = 0; bits < ASSERTIONS && !known; ++bits)
                known = (asked[target] >> bits & 1) && (bits & ~(uint32_t)here.asserted) == 0;
            if (known) continue;
            asked[target] |= (uint32_t)1 << here.asserted;
            found[count++] = (edge){target, here.asserted};
        }
    }
    list->edges = drp_allocate(count ? count : 1, sizeof *list->edges);
    if (!list->edges) return false;
    memcpy(list->edges, found, count * sizeof *found);
    list->count = (uint32_t)count;
    return true;
}

DRP_RARE static void mark_used(drp_pattern *p, const edge_list *list) {
    for (uint32_t n = 0; n < list->count; ++n) p->used |= list->edges[n].asserted;
}

/* Fills in what matching looks up: takers of ASCII, and the positions before each under assertions that hold. */
DRP_RARE static bool prepare(drp_pattern *p) {
    for (uint32_t code = 0; code < 128; ++code)
        for (uint32_t n = 0; n < p->positions; ++n)
            if (is_in(p, &p->sets[p->set_of[n]], code)) p->ascii[code] |= (uint64_t)1 << n;
    mark_used(p, &p->first);
    for (uint32_t n = 0; n < p->positions; ++n) mark_used(p, &p->followers[n]);
    for (uint32_t n = 0; n < p->first.count; ++n) p->first_positions |= (uint64_t)1 << p->first.edges[n].position;
    for (uint32_t holding = 0; holding < ASSERTIONS; ++holding) {
        if (holding & ~(uint32_t)p->used) continue;
        p->before[holding] = drp_allocate(1, sizeof *p->before[holding]);
        if (!p->before[holding]) return false;
        for (uint32_t n = 0; n < p->positions; ++n)
            for (uint32_t k = 0; k < p->followers[n].count; ++k) {
                edge e = p->followers[n].edges[k];
                if ((e.asserted & ~holding) == 0) (*p->before[holding])[e.position] |= (uint64_t)1 << n;
            }
    }
    const edge_list *next = &p->followers[0];
    if (p->positions == 1 && !p->used && p->first.count == 1)
        p->quick = next->edges[0].position == ACCEPT ? ONE : next->count == 2 ? RUN : GENERAL;
    return true;
}

DRP_RARE static bool build(parser *from, int root) {
    drp_pattern *p = from->pattern;
    builder b = {.from = from};
    add_state(&b, (state){.kind = STATE_ACCEPT});
    int start = add_states(&b, root, 0);
    b.seen = drp_allocate(b.state_count + 1, sizeof *b.seen);
    b.waiting_room = 64;
    b.waiting = drp_allocate(b.waiting_room, sizeof *b.waiting);
    bool done = !b.no_memory && b.seen && b.waiting && reach(&b, start, &p->first);
    for (size_t n = 0; done && n < b.state_count; ++n)
        if (b.states[n].kind == STATE_SET) done = reach(&b, b.states[n].next, &p->followers[b.states[n].what]);
    drp_free(b.states);
    drp_free(b.seen);
    drp_free(b.waiting);
    return done && prepare(p);
}

DRP_RARE drupelet_status drp_pattern_parse(const uint8_t *text, size_t size_bytes, drp_pattern **pattern,
                                           drupelet_error *error) {
    *pattern = NULL;
    if (size_bytes > MAX_PATTERN_BYTES)
        return drp_fail(error, DRUPELET_BAD_FORMAT, "a pattern of %zu bytes, expected at most %d", size_bytes,
                        MAX_PATTERN_BYTES);
    drp_pattern *p = drp_allocate(1, sizeof *p);
    parser *r = drp_allocate(1, sizeof *r);
    drupelet_status status = DRUPELET_NO_MEMORY;
    if (p && r) {
        r->pattern = p;
        for (size_t k = 0, length; k < size_bytes; k += length) r->text[r->size++] = drp_decode(text + k, &length);
        int root = read_alternation(r, 0);
        if (root >= 0 && r->at < r->size) root = refuse(r, "an unbalanced parenthesis", r->at);
        if (root >= 0 && r->nodes[root].nullable) root = refuse(r, "it can match the empty text", 0);
        if (root >= 0 && r->nodes[root].count > MAX_POSITIONS) root = refuse(r, "more than 64 positions", 0);
        if (root < 0)
            status = drp_fail(error, DRUPELET_BAD_FORMAT, "a pattern is refused at character %u: %s; export it again",
                              r->place, r->refusal);
        else if (build(r, root))
            status = DRUPELET_OK;
    }
    if (status == DRUPELET_NO_MEMORY) drp_fail(error, status, "no memory for a pattern; free some");
    drp_free(r);
    if (status == DRUPELET_OK)
        *pattern = p;
    else
        drp_pattern_free(p);
    return status;
}

void drp_pattern_free(drp_pattern *p) {
    if (!p) return;
    for (uint32_t n = 0; n < MAX_POSITIONS; ++n) drp_free(p->followers[n].edges);
    drp_free(p->first.edges);
    for (uint32_t n = 0; n < ASSERTIONS; ++n) drp_free(p->before[n]);
    drp_free(p);
}

/* ---- Matching ---- */

static bool is_word_at(const uint8_t *at) {
    size_t length;
    uint32_t code = drp_decode(at, &length);
    return code < 128 ? is_ascii_word(code) : is_word(code);
}

/* The assertions of the pattern that hold before the character at `at`. */
static uint32_t holding(const drp_pattern *p, const uint8_t *text, const uint8_t *end, const uint8_t *at) {
    if (!p->used) return 0;
    uint32_t bits = at == text ? AT_START : 0;
    if (at == end)
        bits |= AT_END | AT_FINAL_NEWLINE;
    else if (at + 1 == end && *at == '\n')
        bits |= AT_FINAL_NEWLINE;
    if (p->used & (BOUNDARY | NOT_BOUNDARY)) {
        bool before = at > text && is_word_at(drp_sequence_before(at)), behind = at < end && is_word_at(at);
        bits |= before != behind ? BOUNDARY : NOT_BOUNDARY;
    }
    return bits & p->used;
}

/* Writes the set of positions that can take a character and still reach a match, for every character from `from` on, and
 * 0 for the end. */
static void find_viable(const drp_pattern *p, const uint8_t *text, const uint8_t *end, const uint8_t *from,
                        uint64_t *viable) {
    size_t place = 0;
    for (const uint8_t *at = from; at < end; ++at) place += (*at & 0xC0) != 0x80;
    uint64_t reached = viable[place] = 0;
    for (const uint8_t *at = end; at > from;) {
        const uint8_t *behind = at;
        at = drp_sequence_before(at);
        size_t length;
        uint64_t taking = takers(p, drp_decode(at, &length));
        if (taking) {
            const uint64_t *before = *p->before[holding(p, text, end, behind)];
            uint64_t leading = before[ACCEPT];
            for (uint64_t left = reached; left; left &= left - 1) leading |= before[__builtin_ctzll(left)];
            taking &= leading;
        }
        reached = viable[--place] = taking;
    }
}

/* The first follower that can be taken; -1 for none. */
static int choose(const edge_list *list, uint32_t holds, uint64_t viable) {
    for (uint32_t n = 0; n < list->count; ++n) {
        edge e = list->edges[n];
        if ((e.asserted & ~holds) == 0 && (e.position == ACCEPT || viable >> e.position & 1)) return e.position;
    }
    return -1;
}

/* Replaces each character, or each run of characters, of the only set. */
static bool substitute_set(const drp_pattern *p, const uint8_t *text, const uint8_t *end, const uint8_t *replacement,
                           size_t replacement_bytes, drp_writer *out) {
    const uint8_t *unwritten = text;
    size_t length;
    for (const uint8_t *at = text; at < end;) {
        if (!takers(p, drp_decode(at, &length))) {
            at += length;
            continue;
        }
        if (!drp_write(out, unwritten, (size_t)(at - unwritten)) || !drp_write(out, replacement, replacement_bytes))
            return false;
        do at += length;
        while (p->quick == RUN && at < end && takers(p, drp_decode(at, &length)));
        unwritten = at;
    }
    return drp_write(out, unwritten, (size_t)(end - unwritten));
}

bool drp_pattern_substitute(const drp_pattern *p, const uint8_t *text, size_t size_bytes, const uint8_t *replacement,
                            size_t replacement_bytes, drp_writer *out, drp_buffer *work) {
    const uint8_t *end = text + size_bytes, *at = text, *unwritten = text;
    if (p->quick != GENERAL) return substitute_set(p, text, end, replacement, replacement_bytes, out);
    size_t length;
    for (; at < end; at += length)
        if (takers(p, drp_decode(at, &length)) & p->first_positions) break;
    if (at == end) return drp_write(out, text, size_bytes);
    size_t left = (size_t)(end - at) + 1;
    uint64_t *viable = left > SIZE_MAX / sizeof *viable ? NULL : drp_reserve(work, left * sizeof *viable);
    if (!viable) {
        out->no_memory = true;
        return false;
    }
    find_viable(p, text, end, at, viable);
    while (at < end) {
        int position = *viable & p->first_positions ? choose(&p->first, holding(p, text, end, at), *viable) : -1;
        if (position < 0) {
            drp_decode(at, &length);
            at += length;
            ++viable;
            continue;
        }
        if (!drp_write(out, unwritten, (size_t)(at - unwritten)) || !drp_write(out, replacement, replacement_bytes))
            return false;
        while (position != ACCEPT && position >= 0) {
            drp_decode(at, &length);
            at += length;
            ++viable;
            position = choose(&p->followers[position], holding(p, text, end, at), *viable);
        }
        unwritten = at;
    }
    return drp_write(out, unwritten, (size_t)(end - unwritten));
}
