/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A whole file: the file that it extends, its matrix, its machines.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"
#include "text.h"

/* ---- machines ---- */

static void
doc_add_machine(struct loader *ld, struct scenario *sc, const struct scenario_machine *m,
    const struct yaml_node *n)
{
	struct scenario_machine *slot;
	const char *name = machine_name(m, &sc->base, ld->arena);

	for (size_t i = 0; i < sc->machines.count; i++)
		if (strcmp(sc->machines.machine[i].name, name) == 0)
			yaml_error(ld->diags, n, "scenario.machine",
			    "this is the machine %s once more", name);
	slot = &arena_add(ld->arena, sc->machines.machine, sc->machines.count);
	*slot = *m;
	slot->name = name;
}

/* All combinations of transport and dma that `machine` leaves open. */
static void
doc_default_machines(struct loader *ld, struct scenario *sc, const struct yaml_node *root)
{
	struct scenario_machine m = sc->base;

	for (int transport = SCENARIO_VIRTIO_1; transport <= SCENARIO_LEGACY; transport++)
		for (int dma = SCENARIO_BOUNCE; dma <= SCENARIO_COHERENT; dma++) {
			if ((sc->base.transport >= 0 && sc->base.transport != transport) ||
			    (sc->base.dma >= 0 && sc->base.dma != dma))
				continue;
			m.transport = transport;
			m.dma = dma;
			doc_add_machine(ld, sc, &m, root);
		}
}

static void
doc_listed_machines(struct loader *ld, struct scenario *sc, const struct yaml_node *list)
{
	if (list->kind != YAML_LIST || list->count == 0) {
		yaml_error(ld->diags, list, "scenario.type",
		    "\"machines\" is a list of at least one machine");
		return;
	}
	for (size_t i = 0; i < list->count; i++) {
		struct scenario_machine m = sc->base;

		load_machine(ld, list->items[i], &m);
		if (m.transport < 0)
			m.transport = SCENARIO_VIRTIO_1;
		if (m.dma < 0)
			m.dma = SCENARIO_BOUNCE;
		check_machine(ld, &m, list->items[i]);
		doc_add_machine(ld, sc, &m, list->items[i]);
	}
}

static void
doc_machines(struct loader *ld, struct scenario *sc, const struct yaml_node *root)
{
	const struct yaml_node *list = yaml_lookup(root, "machines");
	const struct yaml_node *base = yaml_lookup(root, "machine");

	check_machine(ld, &sc->base, base != NULL ? base : root);
	if (list == NULL)
		doc_default_machines(ld, sc, root);
	else if (list->kind != YAML_BROKEN)
		doc_listed_machines(ld, sc, list);
}

const struct yaml_node *
load_tree(struct loader *ld, const struct yaml_file *file)
{
	const struct yaml_node *root;

	root = yaml_parse(file, SCENARIO_DEPTH_MAX, ld->arena, ld->diags);
	if (root == NULL || root->kind == YAML_BROKEN)
		return NULL;
	if (root->kind != YAML_MAP) {
		yaml_error(ld->diags, root, "scenario.type",
		    "a scenario is a map of keys, not %s", yaml_kind_name(root->kind));
		return NULL;
	}
	return root;
}

/* ---- the matrix ---- */

static bool
matrix_value_is_good(struct loader *ld, const struct yaml_node *list, size_t i)
{
	const struct yaml_node *n = list->items[i];

	if (n->kind == YAML_BROKEN)
		return false;
	if (n->kind != YAML_SCALAR || n->text[0] == '\0' ||
	    n->text[strcspn(n->text, "[],@$\n\t\"")] != '\0') {
		yaml_error(ld->diags, n, "scenario.matrix",
		    "a parameter's value is a single value without any of [ ] , @ $ \"");
		return false;
	}
	for (size_t j = 0; j < i; j++)
		if (list->items[j]->kind == YAML_SCALAR &&
		    text_equals_but_spaces(list->items[j]->text, n->text)) {
			yaml_error(ld->diags, n, "scenario.matrix",
			    "the value \"%s\" stands in the list twice", n->text);
			return false;
		}
	return true;
}

static bool
matrix_pair_is_good(struct loader *ld, const struct yaml_pair *pair)
{
	const struct yaml_node *list = pair->value;
	bool good = true;

	if (!text_is_name(pair->key->text)) {
		yaml_error(ld->diags, pair->key, "scenario.matrix",
		    "a parameter's name is a word");
		return false;
	}
	if (list->kind == YAML_BROKEN)
		return false;
	if (list->kind != YAML_LIST || list->count == 0) {
		yaml_error(ld->diags, list, "scenario.matrix",
		    "a parameter has a list of values");
		return false;
	}
	for (size_t i = 0; i < list->count; i++)
		good &= matrix_value_is_good(ld, list, i);
	return good;
}

/* Returns the number of combinations, 1 without a matrix. */
static size_t
doc_matrix(struct loader *ld, const struct yaml_node *root)
{
	const struct yaml_node *n = yaml_lookup(root, "matrix");
	struct load_param *p;
	size_t combinations = 1;

	if (n == NULL)
		return 1;
	ld->matrix_broken = true;
	if (n->kind == YAML_BROKEN)
		return 1;
	if (n->kind != YAML_MAP || n->count == 0) {
		yaml_error(ld->diags, n, "scenario.matrix",
		    "the matrix is a map: a list of values for every parameter");
		return 1;
	}
	for (size_t i = 0; i < n->count; i++) {
		if (!matrix_pair_is_good(ld, &n->pairs[i]))
			return 1;
		p = &arena_add(ld->arena, ld->params, ld->nparams);
		p->key = n->pairs[i].key;
		p->values = n->pairs[i].value;
		p->bound.name = p->key->text;
		if (__builtin_mul_overflow(combinations, p->values->count, &combinations) ||
		    combinations > SCENARIO_COMBINATIONS_MAX) {
			yaml_error(ld->diags, n, "scenario.matrix",
			    "more than %d combinations", SCENARIO_COMBINATIONS_MAX);
			ld->nparams = 0;
			return 1;
		}
	}
	ld->matrix_broken = false;
	return combinations;
}

/* The parameters get the values of a combination; the first one turns slowest. */
static void
doc_select(struct loader *ld, size_t combination)
{
	for (size_t i = ld->nparams; i-- > 0;) {
		struct load_param *p = &ld->params[i];

		p->item = p->values->items[combination % p->values->count];
		p->bound.value = p->item->text;
		combination /= p->values->count;
	}
}

static void
doc_bind(struct loader *ld, struct scenario *sc, size_t combination)
{
	doc_select(ld, combination);
	sc->params = arena_calloc(ld->arena, ld->nparams + 1, sizeof(*sc->params));
	sc->nparams = ld->nparams;
	for (size_t i = 0; i < ld->nparams; i++)
		sc->params[i] = ld->params[i].bound;
}

static void
doc_unused_params(struct loader *ld)
{
	for (size_t i = 0; i < ld->nparams; i++)
		if (!ld->params[i].used)
			yaml_error(ld->diags, ld->params[i].key, "scenario.parameter",
			    "nothing uses $%s", ld->params[i].bound.name);
}

/* ---- the document ---- */

static struct scenario *
doc_combination(struct loader *ld, const struct yaml_node *root, const struct yaml_node *base,
    size_t combination, const char *path)
{
	struct scenario *sc = arena_calloc(ld->arena, 1, sizeof(*sc));
	const struct yaml_node *id = yaml_lookup(root, "scenario");

	memcpy(sc, map_scenario.defaults, sizeof(*sc));
	sc->base.loc = root->loc;
	doc_bind(ld, sc, combination);
	load_type(ld, root, base, sc);
	if (base != NULL) {
		ld->in_base = true;
		load_top(ld, base, sc);
		ld->in_base = false;
	}
	load_top(ld, root, sc);
	sc->loc = id != NULL ? id->loc : root->loc;
	if (sc->id != NULL)
		check_path(ld, sc, id, path);
	doc_machines(ld, sc, root);
	if (!load_has_failed(ld))
		check_scenario(ld, sc, root);
	return sc;
}

/* What one combination cannot do another may: so all of them are read before. */
static void
doc_bounds(struct loader *ld, const struct scenario_doc *doc, const struct yaml_node *root)
{
	struct bounds bounds = { 0, 0 };

	for (size_t i = 0; i < doc->count; i++)
		bounds_add(&bounds, doc->scenario[i]);
	for (size_t i = 0; i < doc->count; i++) {
		doc_select(ld, i);
		check_bounds(ld, doc->scenario[i], root, &bounds);
	}
}

static void
doc_load(struct loader *ld, const struct yaml_file *file, struct scenario_doc *doc)
{
	const struct yaml_node *root = load_tree(ld, file), *base;
	size_t combinations;

	if (root == NULL)
		return;
	base = load_extended(ld, root, file->path);
	if (yaml_lookup(root, "seed") != NULL && yaml_lookup(root, "seeds") != NULL)
		yaml_error(ld->diags, yaml_lookup(root, "seeds"), "scenario.value",
		    "there is \"seed\" or \"seeds\", not both");
	combinations = doc_matrix(ld, root);
	doc->scenario = arena_calloc(ld->arena, combinations, sizeof(*doc->scenario));
	/* With the list full of errors another combination tells nothing more. */
	for (size_t i = 0; i < combinations && ld->diags->dropped == 0; i++)
		doc->scenario[doc->count++] = doc_combination(ld, root, base, i, file->path);
	doc_unused_params(ld);
	if (!load_has_failed(ld))
		doc_bounds(ld, doc, root);
}

static struct scenario_doc *
doc_new(const char *path)
{
	struct arena *arena = arena_new();
	struct scenario_doc *doc = arena_calloc(arena, 1, sizeof(*doc));

	doc->arena = arena;
	doc->path = arena_copy(arena, path, strlen(path));
	return doc;
}

/* The document, or NULL and nothing left if there was an error. */
static struct scenario_doc *
doc_finish(struct scenario_doc *doc, const struct yaml_file *file,
    const struct scenario_vocab *vocab, struct diag_list *diags, bool ok)
{
	struct loader ld = {
		.arena = doc->arena, .diags = diags, .vocab = vocab,
		.reported_before = diags->reported,
	};

	if (ok) {
		doc->text = file->text;
		doc->size = file->size;
		doc_load(&ld, file, doc);
		ok = !load_has_failed(&ld);
	}
	if (ok)
		return doc;
	scenario_doc_free(doc);
	return NULL;
}

struct scenario_doc *
scenario_load(const char *path, const struct scenario_vocab *vocab, struct diag_list *diags)
{
	struct scenario_doc *doc = doc_new(path);
	struct yaml_file *file = arena_calloc(doc->arena, 1, sizeof(*file));
	bool ok;

	ok = yaml_read_file(doc->path, SCENARIO_FILE_MAX, doc->arena, file, diags);
	return doc_finish(doc, file, vocab, diags, ok);
}

struct scenario_doc *
scenario_load_text(const char *path, const char *text, size_t size,
    const struct scenario_vocab *vocab, struct diag_list *diags)
{
	struct scenario_doc *doc = doc_new(path);
	struct yaml_file *file = arena_calloc(doc->arena, 1, sizeof(*file));
	bool ok = size <= SCENARIO_FILE_MAX;

	file->path = doc->path;
	if (ok) {
		file->text = arena_copy(doc->arena, text, size);
		file->size = size;
	} else {
		diag_add(diags, (struct loc){ doc->path, 0, 0 }, 1, NULL, 0,
		    "scenario.too-large", "the file is larger than 1 MiB");
	}
	return doc_finish(doc, file, vocab, diags, ok);
}

void
scenario_doc_free(struct scenario_doc *doc)
{
	if (doc != NULL)
		arena_free(doc->arena);
}
