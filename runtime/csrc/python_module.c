/* drupelet._native: the thin binding. It checks arguments, releases the interpreter's lock, calls the library, and
 * maps each status to one error class of drupelet.errors. Limited API of Python 3.9: one binary for every later one.
 *
 * Longer than 400 lines: a function for each method, and C spells out what Python does when one of them fails half-way. */
#define Py_LIMITED_API 0x03090000
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <string.h>

#include "crc32.h"
#include "drupelet.h"
#include "sha256.h"

static const char *const error_names[] = {NULL,
                                          "FormatError",
                                          "VersionError",
                                          "InputError",
                                          "OutOfMemoryError",
                                          "EngineUnavailableError",
                                          "InputError"};

/* What a module knows of its interpreter, whose classes are not those of another one. */
typedef struct {
    PyObject *error_classes[DRUPELET_NO_FILE + 1]; /* by status */
    PyTypeObject *prediction_type;                 /* drupelet.prediction.Prediction, a subclass of tuple */
    allocfunc allocate_prediction;
} Classes;

/* Part of the limited API from 3.10 on, and of every Python since 3.3. A pointer to the UTF-8 of a str, without a copy
 * where the str is ASCII. */
PyAPI_FUNC(const char *) PyUnicode_AsUTF8AndSize(PyObject *text, Py_ssize_t *size_bytes);

/* Part of the limited API since 3.7, but not in the headers of 3.9. */
PyAPI_FUNC(void *) PyMem_Calloc(size_t count, size_t size);

typedef struct {
    PyObject_HEAD
    PyObject *module;  /* keeps the classes */
    Classes *classes;
    PyObject *content; /* bytes, used in place */
    PyObject *where;   /* str that starts every error's message */
    PyObject *labels;  /* tuple of str */
    drupelet_model *model;
    drupelet_session **idle; /* sessions that no call is using, at most most_idle; guarded by the interpreter's lock */
    size_t idle_count, most_idle;
} Model;

/* A session holds caches of megabytes. Where more than this are in use at a time, the others are created and destroyed by the
 * call, unless a call asks for that many threads. */
enum { USUAL_IDLE = 8, MAX_IDLE = DRUPELET_MAX_THREADS };

static PyObject *raise(const Model *self, drupelet_status status, const drupelet_error *error) {
    if (self->where)
        return PyErr_Format(self->classes->error_classes[status], "%U: %s", self->where, error->message);
    return PyErr_Format(self->classes->error_classes[status], "%s", error->message);
}

static drupelet_session *take_session(Model *self) {
    if (self->idle_count > 0) return self->idle[--self->idle_count];
    drupelet_session_options options = {.accept_surrogates = 1};
    drupelet_session *session;
    drupelet_error error;
    drupelet_status status = drupelet_session_create(self->model, &options, &session, &error);
    if (status != DRUPELET_OK) raise(self, status, &error);
    return session;
}

static void give_back(Model *self, drupelet_session *session) {
    if (self->idle_count < self->most_idle)
        self->idle[self->idle_count++] = session;
    else
        drupelet_session_destroy(session);
}

static void model_dealloc(PyObject *object) {
    Model *self = (Model *)object;
    PyTypeObject *type = Py_TYPE(object);
    while (self->idle_count > 0) drupelet_session_destroy(self->idle[--self->idle_count]);
    PyMem_Free(self->idle);
    drupelet_model_close(self->model);
    Py_XDECREF(self->content);
    Py_XDECREF(self->where);
    Py_XDECREF(self->labels);
    Py_XDECREF(self->module);
    freefunc free_object = (freefunc)PyType_GetSlot(type, Py_tp_free);
    free_object(object);
    Py_DECREF(type);
}

static PyObject *label_tuple(const drupelet_model *model) {
    uint32_t count = drupelet_model_classes(model);
    PyObject *labels = PyTuple_New(count);
    for (uint32_t n = 0; labels && n < count; ++n) {
        PyObject *label = PyUnicode_FromString(drupelet_model_label(model, n));
        if (!label || PyTuple_SetItem(labels, n, label) < 0) Py_CLEAR(labels);
    }
    return labels;
}

/* Where the type keeps its module: PyType_GetModule is part of the limited API from 3.10 on. */
#define MODULE_OF_TYPE "_module"

static PyObject *model_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"content", "where", "tier", NULL};
    PyObject *content, *where;
    const char *tier = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "SU|z", names, &content, &where, &tier)) return NULL;
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    Model *self = (Model *)allocate(type, 0);
    if (!self) return NULL;
    self->module = PyObject_GetAttrString((PyObject *)type, MODULE_OF_TYPE);
    self->classes = self->module ? PyModule_GetState(self->module) : NULL;
    if (!self->classes) {
        Py_DECREF(self);
        return NULL;
    }
    Py_INCREF(content);
    Py_INCREF(where);
    self->content = content;
    self->where = where;
    self->most_idle = USUAL_IDLE;
    self->idle = PyMem_Calloc(MAX_IDLE, sizeof *self->idle);
    if (!self->idle) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    char *bytes;
    Py_ssize_t size_bytes;
    drupelet_status status = DRUPELET_OK;
    drupelet_error error;
    drupelet_model_options options = {.tier = tier};
    if (PyBytes_AsStringAndSize(content, &bytes, &size_bytes) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    status = drupelet_model_open(bytes, (size_t)size_bytes, &options, &self->model, &error);
    Py_END_ALLOW_THREADS
    if (status != DRUPELET_OK) {
        raise(self, status, &error);
        Py_DECREF(self);
        return NULL;
    }
    self->labels = label_tuple(self->model);
    if (!self->labels) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

/* The UTF-8 of a str. `*holder` keeps it alive: NULL where the str itself does, else a bytes object, which is the
 * caller's. Lone surrogates, which a str may hold, become three bytes each. */
static int view_text(const Model *self, PyObject *text, drupelet_text *view, PyObject **holder) {
    *holder = NULL;
    if (!PyUnicode_Check(text)) {
        PyErr_Format(self->classes->error_classes[DRUPELET_BAD_TEXT], "a text is %.60R, expected a string", text);
        return -1;
    }
    Py_ssize_t size_bytes = 0;
    char *start = (char *)PyUnicode_AsUTF8AndSize(text, &size_bytes);
    if (!start) {
        if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) return -1;
        PyErr_Clear();
        *holder = PyUnicode_AsEncodedString(text, "utf-8", "surrogatepass");
        if (!*holder || PyBytes_AsStringAndSize(*holder, &start, &size_bytes) < 0) return -1;
    }
    *view = (drupelet_text){start, (size_t)size_bytes};
    return 0;
}

/* The labels that hold. */
static PyObject *holding_labels(const Model *self, const drupelet_answer *answer) {
    uint32_t classes = drupelet_model_classes(self->model), count = 0;
    for (uint32_t n = 0; n < classes; ++n) count += drupelet_answers_label(self->model, answer, n);
    PyObject *holding = PyTuple_New(count);
    for (uint32_t n = 0, place = 0; holding && n < classes; ++n) {
        if (!drupelet_answers_label(self->model, answer, n)) continue;
        PyObject *label = PyTuple_GetItem(self->labels, n);
        Py_INCREF(label);
        if (PyTuple_SetItem(holding, place++, label) < 0) Py_CLEAR(holding);
    }
    return holding;
}

static PyObject *make_prediction(const Model *self, const drupelet_answer *answer) {
    uint32_t classes = drupelet_model_classes(self->model);
    bool is_multi_label = drupelet_model_is_multi_label(self->model);
    PyObject *probabilities = PyTuple_New(classes), *tuple =
        self->classes->allocate_prediction(self->classes->prediction_type, is_multi_label ? 5 : 4);
    for (uint32_t n = 0; probabilities && n < classes; ++n) {
        PyObject *value = PyFloat_FromDouble(answer->probabilities[n]);
        if (!value || PyTuple_SetItem(probabilities, n, value) < 0) Py_CLEAR(probabilities);
    }
    PyObject *n_tokens = PyLong_FromSize_t(answer->n_tokens), *holding = is_multi_label ? holding_labels(self, answer) : NULL;
    if (!probabilities || !tuple || !n_tokens || (is_multi_label && !holding)) {
        Py_XDECREF(holding);
        Py_XDECREF(probabilities);
        Py_XDECREF(tuple);
        Py_XDECREF(n_tokens);
        return NULL;
    }
    PyObject *label = answer->is_rejected ? Py_None : PyTuple_GetItem(self->labels, answer->label);
    PyObject *probability = PyTuple_GetItem(probabilities, answer->label);
    Py_INCREF(label);
    Py_INCREF(probability);
    PyTuple_SetItem(tuple, 0, label);
    PyTuple_SetItem(tuple, 1, probability);
    PyTuple_SetItem(tuple, 2, probabilities);
    PyTuple_SetItem(tuple, 3, n_tokens);
    if (holding) PyTuple_SetItem(tuple, 4, holding);
    PyObject_GC_UnTrack(probabilities); /* neither can be part of a cycle: the collector need not look at them */
    PyObject_GC_UnTrack(tuple);
    return tuple;
}

/* The bytes of a text in UTF-8, in place. */
static int view_utf8(const Model *self, PyObject *text, drupelet_text *view, PyObject **holder) {
    (void)self;
    char *start;
    Py_ssize_t size_bytes;
    *holder = NULL;
    if (PyBytes_AsStringAndSize(text, &start, &size_bytes) < 0) return -1;
    *view = (drupelet_text){start, (size_t)size_bytes};
    return 0;
}

PyDoc_STRVAR(answer_doc,
             "answer(texts)\n--\n\n"
             "The Prediction for each text of a list of str.\n"
             "Other threads run meanwhile.");

PyDoc_STRVAR(answer_utf8_doc,
             "answer_utf8(texts)\n--\n\n"
             "The Prediction for each text of a list of bytes, well-formed UTF-8, which are read in place.\n"
             "Other threads run meanwhile.");

PyDoc_STRVAR(answer_shared_doc,
             "answer_shared(texts, threads)\n--\n\n"
             "As answer for a list of str, as answer_utf8 for a list of bytes, on up to so many threads.\n"
             "Other threads of the interpreter run meanwhile.");

typedef int view_function(const Model *self, PyObject *text, drupelet_text *view, PyObject **holder);

/* Takes up to `wanted` sessions: fewer, but at least one, where memory does not suffice for them. Returns how many; 0, with an
 * exception, when there is none. */
static size_t take_sessions(Model *self, drupelet_session **taken, size_t wanted) {
    size_t count = 0;
    if (wanted > self->most_idle) self->most_idle = wanted;
    while (count < wanted && (taken[count] = take_session(self))) ++count;
    if (count > 0) PyErr_Clear();
    return count;
}

static PyObject *answer_each(Model *self, PyObject *texts, view_function *view_of, size_t threads) {
    if (!PyList_Check(texts)) {
        PyErr_SetString(PyExc_TypeError, view_of == view_utf8 ? "answer_utf8 expects a list of bytes"
                                                              : "answer expects a list of str");
        return NULL;
    }
    Py_ssize_t count = PyList_Size(texts), taken = 0;
    size_t classes = drupelet_model_classes(self->model), room = (size_t)count + 1;
    PyObject **holders = PyMem_Calloc(room, sizeof *holders), *result = NULL;
    drupelet_text *views = PyMem_Calloc(room, sizeof *views);
    drupelet_answer *answers = PyMem_Calloc(room, sizeof *answers);
    double *probabilities = PyMem_Calloc(room, classes * sizeof *probabilities);
    if (!holders || !views || !answers || !probabilities) {
        PyErr_NoMemory();
        goto done;
    }
    for (; taken < count; ++taken) {
        PyObject *text = PyList_GetItem(texts, taken);
#if defined(__GNUC__) /* strings may lie anywhere: ask for them a few ahead */
        enum { AHEAD = 8 };
        if (count - taken > AHEAD) __builtin_prefetch(PyList_GetItem(texts, taken + AHEAD));
#endif
        if (view_of(self, text, &views[taken], &holders[taken]) < 0) goto done;
        if (!holders[taken]) { /* the list may change while others run */
            Py_INCREF(text);
            holders[taken] = text;
        }
        answers[taken].probabilities = probabilities + (size_t)taken * classes;
    }
    drupelet_session *sessions[DRUPELET_MAX_THREADS];
    size_t session_count = take_sessions(self, sessions, threads);
    if (session_count == 0) goto done;
    drupelet_status status;
    drupelet_error error;
    Py_BEGIN_ALLOW_THREADS
    status = drupelet_predict_shared(sessions, session_count, views, (size_t)count, answers, &error);
    Py_END_ALLOW_THREADS
    while (session_count > 0) give_back(self, sessions[--session_count]);
    if (status != DRUPELET_OK) {
        raise(self, status, &error);
        goto done;
    }
    result = PyList_New(count);
    for (Py_ssize_t n = 0; result && n < count; ++n) {
        PyObject *tuple = make_prediction(self, &answers[n]);
        if (!tuple || PyList_SetItem(result, n, tuple) < 0) Py_CLEAR(result);
    }
done:
    for (Py_ssize_t n = 0; holders && n < count; ++n) Py_XDECREF(holders[n]);
    PyMem_Free(holders);
    PyMem_Free(views);
    PyMem_Free(answers);
    PyMem_Free(probabilities);
    return result;
}

static PyObject *model_answer(PyObject *object, PyObject *texts) {
    return answer_each((Model *)object, texts, view_text, 1);
}

static PyObject *model_answer_utf8(PyObject *object, PyObject *texts) {
    return answer_each((Model *)object, texts, view_utf8, 1);
}

static PyObject *model_answer_shared(PyObject *object, PyObject *args) {
    PyObject *texts;
    Py_ssize_t threads;
    if (!PyArg_ParseTuple(args, "On", &texts, &threads)) return NULL;
    if (threads < 1) return PyErr_Format(PyExc_ValueError, "threads is %zd, expected 1 or more", threads);
    if (threads > DRUPELET_MAX_THREADS) threads = DRUPELET_MAX_THREADS;
    bool is_utf8 = PyList_Check(texts) && PyList_Size(texts) > 0 && PyBytes_Check(PyList_GetItem(texts, 0));
    return answer_each((Model *)object, texts, is_utf8 ? view_utf8 : view_text, (size_t)threads);
}

PyDoc_STRVAR(encode_doc, "encode(text)\n--\n\nThe ids that the network reads of a text, as a list of int.");

static PyObject *model_encode(PyObject *object, PyObject *text) {
    Model *self = (Model *)object;
    drupelet_text view;
    PyObject *holder, *result = NULL;
    drupelet_session *session = view_text(self, text, &view, &holder) < 0 ? NULL : take_session(self);
    if (session) {
        const int32_t *ids;
        size_t count;
        drupelet_error error;
        drupelet_status status = drupelet_encode(session, view, &ids, &count, NULL, &error);
        if (status != DRUPELET_OK) raise(self, status, &error);
        result = status == DRUPELET_OK ? PyList_New((Py_ssize_t)count) : NULL;
        for (size_t k = 0; result && k < count; ++k) {
            PyObject *id = PyLong_FromLong(ids[k]);
            if (!id || PyList_SetItem(result, (Py_ssize_t)k, id) < 0) Py_CLEAR(result);
        }
        give_back(self, session);
    }
    Py_XDECREF(holder);
    return result;
}

PyDoc_STRVAR(words_doc,
             "words(text)\n--\n\nThe words of a text, before look-up: for each a little-endian uint32, its size in bytes, "
             "and its UTF-8.");

static PyObject *model_words(PyObject *object, PyObject *text) {
    Model *self = (Model *)object;
    drupelet_text view;
    PyObject *holder, *result = NULL;
    drupelet_session *session = view_text(self, text, &view, &holder) < 0 ? NULL : take_session(self);
    if (session) {
        const char *words;
        size_t size_bytes;
        drupelet_error error;
        drupelet_status status = drupelet_words(session, view, &words, &size_bytes, &error);
        if (status == DRUPELET_OK)
            result = PyBytes_FromStringAndSize(words, (Py_ssize_t)size_bytes);
        else
            raise(self, status, &error);
        give_back(self, session);
    }
    Py_XDECREF(holder);
    return result;
}

PyDoc_STRVAR(run_doc, "run(batch)\n--\n\nThe logits, a list of float, for each list of ids as encode gives them.");

/* The ids (count) of a sequence, to be freed; -1 for what is none. NULL after an error. */
static int32_t *ids_of(PyObject *sequence, Py_ssize_t *count) {
    PyObject *list = PySequence_List(sequence);
    if (!list) return NULL;
    *count = PyList_Size(list);
    int32_t *ids = PyMem_Calloc((size_t)*count + 1, sizeof *ids);
    if (!ids) PyErr_NoMemory();
    for (Py_ssize_t k = 0; ids && k < *count; ++k) {
        long long id = PyLong_AsLongLong(PyList_GetItem(list, k)); /* a long has 32 bits on Windows and on 32-bit Arm */
        ids[k] = id < 0 || id > INT32_MAX ? -1 : (int32_t)id;
        if (id == -1 && PyErr_Occurred()) {
            PyMem_Free(ids);
            ids = NULL;
        }
    }
    Py_DECREF(list);
    return ids;
}

/* Numbers (count) as a new list: `floats`, or where that is NULL `doubles`. */
static PyObject *list_of(const float *floats, const double *doubles, uint32_t count) {
    PyObject *list = PyList_New(count);
    for (uint32_t n = 0; list && n < count; ++n) {
        PyObject *value = PyFloat_FromDouble(floats ? (double)floats[n] : doubles[n]);
        if (!value || PyList_SetItem(list, n, value) < 0) Py_CLEAR(list);
    }
    return list;
}

/* The logits for one sequence of ids, as a new list. */
static PyObject *run_one(Model *self, drupelet_session *session, PyObject *sequence, float *logits) {
    Py_ssize_t count;
    int32_t *ids = ids_of(sequence, &count);
    if (!ids) return NULL;
    drupelet_status status;
    drupelet_error error;
    Py_BEGIN_ALLOW_THREADS
    status = drupelet_run(session, ids, (size_t)count, logits, &error);
    Py_END_ALLOW_THREADS
    PyMem_Free(ids);
    if (status != DRUPELET_OK) return raise(self, status, &error);
    return list_of(logits, NULL, drupelet_model_units(self->model));
}

static PyObject *model_run(PyObject *object, PyObject *batch) {
    Model *self = (Model *)object;
    PyObject *list = PySequence_List(batch), *result = NULL;
    float *logits = PyMem_Calloc(drupelet_model_units(self->model), sizeof *logits);
    drupelet_session *session = list && logits ? take_session(self) : NULL;
    if (list && !logits) PyErr_NoMemory();
    if (session) {
        Py_ssize_t count = PyList_Size(list);
        result = PyList_New(count);
        for (Py_ssize_t n = 0; result && n < count; ++n) {
            PyObject *row = run_one(self, session, PyList_GetItem(list, n), logits);
            if (!row || PyList_SetItem(result, n, row) < 0) Py_CLEAR(result);
        }
        give_back(self, session);
    }
    PyMem_Free(logits);
    Py_XDECREF(list);
    return result;
}

/* ---- Which words decided ---- */

/* Rows (count, units) as a new list of lists. */
static PyObject *rows_of(const float *floats, const double *doubles, Py_ssize_t count, uint32_t units) {
    PyObject *rows = PyList_New(count);
    for (Py_ssize_t n = 0; rows && n < count; ++n) {
        size_t at = (size_t)n * units;
        PyObject *row = list_of(floats ? floats + at : NULL, doubles ? doubles + at : NULL, units);
        if (!row || PyList_SetItem(rows, n, row) < 0) Py_CLEAR(rows);
    }
    return rows;
}

/* What a call of leave_one_out or of shares works with. */
typedef struct {
    int32_t *ids;
    Py_ssize_t count;
    void *numbers; /* (count + 1, units) */
    drupelet_session *session;
    drupelet_status status;
    drupelet_error error;
    bool is_known;
} id_work;

static bool begin_id_work(Model *self, PyObject *sequence, size_t number_bytes, id_work *work) {
    *work = (id_work){.ids = NULL};
    work->ids = ids_of(sequence, &work->count);
    if (!work->ids) return false;
    work->numbers = PyMem_Calloc((size_t)work->count + 1, drupelet_model_units(self->model) * number_bytes);
    if (!work->numbers) PyErr_NoMemory();
    work->session = work->numbers ? take_session(self) : NULL;
    return work->session;
}

/* Gives back what the work was done with, but for the numbers. Whether there are any: else *result is None or an error. */
static bool end_id_work(Model *self, const id_work *work, PyObject **result) {
    *result = NULL;
    PyMem_Free(work->ids);
    if (work->session) give_back(self, work->session);
    if (!work->session) return false;
    if (work->status != DRUPELET_OK) {
        raise(self, work->status, &work->error);
        return false;
    }
    if (work->is_known) return true;
    Py_INCREF(Py_None);
    *result = Py_None;
    return false;
}

PyDoc_STRVAR(leave_one_out_doc, "leave_one_out(ids)\n--\n\n"
                                "The logits without each of ids; None where they have to be run one by one.");

static PyObject *model_leave_one_out(PyObject *object, PyObject *sequence) {
    Model *self = (Model *)object;
    id_work work;
    PyObject *result;
    if (begin_id_work(self, sequence, sizeof(float), &work)) {
        Py_BEGIN_ALLOW_THREADS
        work.status = drupelet_leave_one_out(work.session, work.ids, (size_t)work.count, work.numbers, &work.is_known, &work.error);
        Py_END_ALLOW_THREADS
    }
    if (end_id_work(self, &work, &result))
        result = rows_of(work.numbers, NULL, work.count, drupelet_model_units(self->model));
    PyMem_Free(work.numbers);
    return result;
}

PyDoc_STRVAR(shares_doc, "shares(ids)\n--\n\n"
                         "What each of ids adds to each logit, and at last the bias; None where there is no such sum.");

static PyObject *model_shares(PyObject *object, PyObject *sequence) {
    Model *self = (Model *)object;
    const uint32_t units = drupelet_model_units(self->model);
    id_work work;
    PyObject *result;
    if (begin_id_work(self, sequence, sizeof(double), &work)) {
        double *shares = work.numbers, *rest = shares + (size_t)work.count * units;
        Py_BEGIN_ALLOW_THREADS
        work.status = drupelet_shares(work.session, work.ids, (size_t)work.count, shares, rest, &work.is_known, &work.error);
        Py_END_ALLOW_THREADS
    }
    if (end_id_work(self, &work, &result)) result = rows_of(NULL, work.numbers, work.count + 1, units);
    PyMem_Free(work.numbers);
    return result;
}

/* ---- Following a text ---- */

#define FOLLOWER "drupelet follower"

/* What a capsule holds: a follower, and whether a thread uses it. The capsule's context is its model. */
typedef struct {
    drupelet_follower *follower;
    bool is_used;
} held_follower;

static void free_follower(PyObject *capsule) {
    held_follower *held = PyCapsule_GetPointer(capsule, FOLLOWER);
    drupelet_follower_destroy(held->follower);
    PyMem_Free(held);
    Py_DECREF((PyObject *)PyCapsule_GetContext(capsule));
}

PyDoc_STRVAR(follower_doc, "follower()\n--\n\n"
                           "A new follower, and whether it reads only what is new.");

static PyObject *model_follower(PyObject *object, PyObject *unused) {
    (void)unused;
    Model *self = (Model *)object;
    drupelet_error error;
    held_follower *held = PyMem_Calloc(1, sizeof *held);
    if (!held) return PyErr_NoMemory();
    drupelet_status status = drupelet_follower_create(self->model, &held->follower, &error);
    PyObject *capsule = status == DRUPELET_OK ? PyCapsule_New(held, FOLLOWER, NULL) : raise(self, status, &error);
    if (!capsule) {
        drupelet_follower_destroy(held->follower);
        PyMem_Free(held);
        return NULL;
    }
    Py_INCREF(object);
    PyCapsule_SetContext(capsule, object);
    PyCapsule_SetDestructor(capsule, free_follower);
    return Py_BuildValue("NO", capsule, drupelet_follower_is_incremental(held->follower) ? Py_True : Py_False);
}

PyDoc_STRVAR(follow_doc, "follow(follower, text)\n--\n\n"
                         "The Prediction for a text, from what the follower knows of the text before.");

static PyObject *model_follow(PyObject *object, PyObject *args) {
    Model *self = (Model *)object;
    PyObject *capsule, *text, *holder;
    drupelet_text view;
    if (!PyArg_ParseTuple(args, "OO", &capsule, &text)) return NULL;
    held_follower *held = PyCapsule_GetPointer(capsule, FOLLOWER);
    if (!held) return NULL;
    if (PyCapsule_GetContext(capsule) != object || held->is_used) {
        PyErr_SetString(PyExc_ValueError, held->is_used ? "a follower is used by one thread at a time"
                                                        : "a follower of another model");
        return NULL;
    }
    if (view_text(self, text, &view, &holder) < 0) return NULL;
    drupelet_answer answer = {.probabilities = PyMem_Calloc(drupelet_model_classes(self->model), sizeof(double))};
    if (!answer.probabilities) PyErr_NoMemory();
    drupelet_session *session = answer.probabilities ? take_session(self) : NULL;
    PyObject *result = NULL;
    if (session) {
        drupelet_status status;
        drupelet_error error;
        held->is_used = true;
        Py_BEGIN_ALLOW_THREADS
        status = drupelet_follow(session, held->follower, view, &answer, &error);
        Py_END_ALLOW_THREADS
        held->is_used = false;
        give_back(self, session);
        result = status == DRUPELET_OK ? make_prediction(self, &answer) : raise(self, status, &error);
    }
    PyMem_Free(answer.probabilities);
    Py_XDECREF(holder);
    return result;
}

PyDoc_STRVAR(section_doc, "section(kind)\n--\n\nThe bytes of the file's section GRPH, TEXT, LABL, VOCB or DECI.");

static PyObject *model_section(PyObject *object, PyObject *kind) {
    PyObject *ascii = PyUnicode_AsASCIIString(kind);
    if (!ascii) return NULL;
    size_t size_bytes = 0;
    const void *bytes = drupelet_model_section(((Model *)object)->model, PyBytes_AsString(ascii), &size_bytes);
    Py_DECREF(ascii);
    if (bytes) return PyBytes_FromStringAndSize(bytes, (Py_ssize_t)size_bytes);
    return PyErr_Format(PyExc_ValueError, "no section of kind %R", kind);
}

static PyObject *model_tier(PyObject *self, void *unused) {
    (void)unused;
    return PyUnicode_FromString(drupelet_model_tier(((Model *)self)->model));
}

static PyObject *model_scheme(PyObject *self, void *unused) {
    (void)unused;
    return PyUnicode_FromString(drupelet_model_scheme(((Model *)self)->model));
}

static PyObject *model_labels(PyObject *self, void *unused) {
    (void)unused;
    PyObject *labels = ((Model *)self)->labels;
    Py_INCREF(labels);
    return labels;
}

static PyMethodDef model_methods[] = {{"answer", model_answer, METH_O, answer_doc},
                                      {"answer_utf8", model_answer_utf8, METH_O, answer_utf8_doc},
                                      {"answer_shared", model_answer_shared, METH_VARARGS, answer_shared_doc},
                                      {"encode", model_encode, METH_O, encode_doc},
                                      {"words", model_words, METH_O, words_doc},
                                      {"run", model_run, METH_O, run_doc},
                                      {"leave_one_out", model_leave_one_out, METH_O, leave_one_out_doc},
                                      {"shares", model_shares, METH_O, shares_doc},
                                      {"follower", model_follower, METH_NOARGS, follower_doc},
                                      {"follow", model_follow, METH_VARARGS, follow_doc},
                                      {"section", model_section, METH_O, section_doc},
                                      {NULL, NULL, 0, NULL}};

static PyGetSetDef model_attributes[] = {{"tier", model_tier, NULL, "The instruction set that the model runs on.", NULL},
                                         {"scheme", model_scheme, NULL, "How its weights are stored.", NULL},
                                         {"labels", model_labels, NULL, "The names of the classes.", NULL},
                                         {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot model_slots[] = {
    {Py_tp_doc, "Model(content, where, tier=None)\n--\n\n"
                "The model of a .drupelet file's bytes, which are used in place; `where` starts the message of every error.\n"
                "Threads may share it."},
    {Py_tp_new, model_new},
    {Py_tp_dealloc, model_dealloc},
    {Py_tp_methods, model_methods},
    {Py_tp_getset, model_attributes},
    {0, NULL}};

static PyType_Spec model_spec = {"drupelet._native.Model", sizeof(Model), 0, Py_TPFLAGS_DEFAULT, model_slots};

/* Adds a name to a new dict, with None, or what this processor lacks for it. The dict becomes NULL where that fails. */
static void add_name(PyObject **names, const char *name, const char *lacks) {
    PyObject *value = Py_BuildValue("z", lacks);
    if (!value || PyDict_SetItemString(*names, name, value) < 0) Py_CLEAR(*names);
    Py_XDECREF(value);
}

PyDoc_STRVAR(tiers_doc,
             "tiers()\n--\n\n"
             "Every tier of instructions of this build, best last, with None, or what this processor lacks for it.");

static PyObject *tiers(PyObject *module, PyObject *unused) {
    (void)module;
    (void)unused;
    PyObject *result = PyDict_New();
    for (size_t n = 0; result && drupelet_tier_name(n); ++n)
        add_name(&result, drupelet_tier_name(n), drupelet_tier_lacks(n));
    return result;
}

/* Units of a checksum by name, with what this processor lacks for each, as a new dict. */
static PyObject *units_of(const drp_checksum_unit *unit) {
    PyObject *result = PyDict_New();
    for (; result && unit->name; ++unit) add_name(&result, unit->name, unit->lacks());
    return result;
}

PyDoc_STRVAR(checksum_units_doc,
             "checksum_units()\n--\n\n"
             "For each checksum its units, best last, with None, or what this processor lacks for it.");

static PyObject *checksum_units(PyObject *module, PyObject *unused) {
    (void)module;
    (void)unused;
    return Py_BuildValue("{sNsN}", "crc32", units_of(drp_crc32_units()), "sha256", units_of(drp_sha256_units()));
}

/* The arguments of a checksum: bytes, and perhaps the name of a unit. */
typedef struct {
    PyObject *content;
    const drp_checksum_unit *unit;
    const uint8_t *bytes;
    size_t size_bytes;
} checksum_arguments;

static bool take_arguments(PyObject *args, const drp_checksum_unit *units, checksum_arguments *taken) {
    const char *name = NULL;
    char *bytes;
    Py_ssize_t size_bytes;
    if (!PyArg_ParseTuple(args, "S|z", &taken->content, &name) ||
        PyBytes_AsStringAndSize(taken->content, &bytes, &size_bytes) < 0)
        return false;
    taken->unit = drp_checksum_unit_named(units, name);
    if (!taken->unit) PyErr_Format(PyExc_ValueError, "no unit %s runs here", name);
    taken->bytes = (const uint8_t *)bytes;
    taken->size_bytes = (size_t)size_bytes;
    return taken->unit;
}

PyDoc_STRVAR(sha256_doc,
             "sha256(content, unit=None)\n--\n\n"
             "The SHA-256 of bytes as hexadecimal digits. Other threads run meanwhile.");

static PyObject *sha256(PyObject *module, PyObject *args) {
    (void)module;
    checksum_arguments taken;
    if (!take_arguments(args, drp_sha256_units(), &taken)) return NULL;
    uint8_t digest[DRP_SHA256_BYTES];
    Py_BEGIN_ALLOW_THREADS
    drp_sha256_by(taken.unit, taken.bytes, taken.size_bytes, digest);
    Py_END_ALLOW_THREADS
    char digits[2 * DRP_SHA256_BYTES];
    for (int k = 0; k < 2 * DRP_SHA256_BYTES; ++k) digits[k] = "0123456789abcdef"[digest[k / 2] >> (k % 2 ? 0 : 4) & 15];
    return PyUnicode_FromStringAndSize(digits, sizeof digits);
}

PyDoc_STRVAR(crc32_doc,
             "crc32(content, unit=None)\n--\n\n"
             "The CRC-32 of bytes, as zlib computes it. Other threads run meanwhile.");

static PyObject *crc32(PyObject *module, PyObject *args) {
    (void)module;
    checksum_arguments taken;
    if (!take_arguments(args, drp_crc32_units(), &taken)) return NULL;
    uint32_t crc;
    Py_BEGIN_ALLOW_THREADS
    crc = drp_crc32_by(taken.unit, taken.bytes, taken.size_bytes);
    Py_END_ALLOW_THREADS
    return PyLong_FromUnsignedLong(crc);
}

static PyMethodDef module_methods[] = {{"tiers", tiers, METH_NOARGS, tiers_doc},
                                       {"checksum_units", checksum_units, METH_NOARGS, checksum_units_doc},
                                       {"sha256", sha256, METH_VARARGS, sha256_doc},
                                       {"crc32", crc32, METH_VARARGS, crc32_doc},
                                       {NULL, NULL, 0, NULL}};

static int module_exec(PyObject *module) {
    Classes *classes = PyModule_GetState(module);
    PyObject *errors = PyImport_ImportModule("drupelet.errors");
    for (int status = 1; errors && status <= DRUPELET_NO_FILE; ++status) {
        classes->error_classes[status] = PyObject_GetAttrString(errors, error_names[status]);
        if (!classes->error_classes[status]) Py_CLEAR(errors);
    }
    if (!errors) return -1;
    Py_DECREF(errors);
    PyObject *predictions = PyImport_ImportModule("drupelet.prediction");
    if (!predictions) return -1;
    classes->prediction_type = (PyTypeObject *)PyObject_GetAttrString(predictions, "Prediction");
    Py_DECREF(predictions);
    if (!classes->prediction_type) return -1;
    classes->allocate_prediction = (allocfunc)PyType_GetSlot(classes->prediction_type, Py_tp_alloc);
    PyObject *type = PyType_FromSpec(&model_spec);
    if (!type || PyObject_SetAttrString(type, MODULE_OF_TYPE, module) < 0 || PyModule_AddObject(module, "Model", type) < 0) {
        Py_XDECREF(type);
        return -1;
    }
    return 0;
}

static int module_traverse(PyObject *module, visitproc visit, void *arg) {
    Classes *classes = PyModule_GetState(module);
    for (int status = 1; classes && status <= DRUPELET_NO_FILE; ++status) Py_VISIT(classes->error_classes[status]);
    if (classes) Py_VISIT(classes->prediction_type);
    return 0;
}

static int module_clear(PyObject *module) {
    Classes *classes = PyModule_GetState(module);
    for (int status = 1; classes && status <= DRUPELET_NO_FILE; ++status) Py_CLEAR(classes->error_classes[status]);
    if (classes) Py_CLEAR(classes->prediction_type);
    return 0;
}

static void module_free(void *module) { module_clear(module); }

/* The names of Python 3.12's headers, which an older Python does not have. */
enum { MULTIPLE_INTERPRETERS = 3 };
#define PER_INTERPRETER_GIL_SUPPORTED ((void *)2)

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, module_exec}, {MULTIPLE_INTERPRETERS, PER_INTERPRETER_GIL_SUPPORTED}, {0, NULL}};

static PyModuleDef module_definition = {.m_base = PyModuleDef_HEAD_INIT,
                                        .m_name = "drupelet._native",
                                        .m_doc = "The C kernel of the native engine.",
                                        .m_size = sizeof(Classes),
                                        .m_methods = module_methods,
                                        .m_slots = module_slots,
                                        .m_traverse = module_traverse,
                                        .m_clear = module_clear,
                                        .m_free = module_free};

PyMODINIT_FUNC PyInit__native(void) {
    int minor = 0;
    for (const char *digit = Py_GetVersion() + 2; *digit >= '0' && *digit <= '9'; ++digit) minor = 10 * minor + *digit - '0';
    if (minor < 12) module_slots[1] = (PyModuleDef_Slot){0, NULL}; /* which refuses slots that it does not know */
    return PyModuleDef_Init(&module_definition);
}
