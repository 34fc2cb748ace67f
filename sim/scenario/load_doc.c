/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A whole file: the file that it extends, its matrix, its machines.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/share.h"
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

/* The map that a file is; NULL after an error. */
static const struct yaml_node *
load_tree(struct loader *ld, const struct yaml_file *file)
{
	const struct yaml_node *root;

	root = yaml_parse(file, ld->arena, ld->diags);
	if (root == NULL || root->kind == YAML_BROKEN)
		return NULL;
	if (root->kind != YAML_MAP) {
		yaml_error(ld->diags, root, "scenario.type",
		    "a scenario is a map of keys, not %s", yaml_kind_name(root->kind));
		return NULL;
	}
	return root;
}

/* ---- paths ---- */

/* A relative path, seen from the folder of the file that names it. */
static const char *
path_beside(struct arena *arena, const char *path, const char *relative)
{
	const char *slash = strrchr(path, '/');

	return arena_printf(arena, "%.*s%s", slash == NULL ? 0 : (int)(slash + 1 - path), path,
	    relative);
}

/* The last part of the path that is built goes, if it is one that `..` takes back. */
static bool
path_back(char *out)
{
	char *slash = strrchr(out, '/'), *part = slash != NULL ? slash + 1 : out;

	if (*part == '\0' || strcmp(part, "..") == 0)
		return false;
	*(slash != NULL && slash != out ? slash : part) = '\0';
	return true;
}

const char *
path_plain(struct arena *arena, const char *path)
{
	char *out = arena_calloc(arena, strlen(path) + 2, 1);
	size_t length;

	if (*path == '/')
		strcat(out, "/");
	for (; *path != '\0'; path += length) {
		path += strspn(path, "/");
		length = strcspn(path, "/");
		if (length == 0 || (length == 1 && *path == '.'))
			continue;
		if (length == 2 && strncmp(path, "..", 2) == 0 && path_back(out))
			continue;
		if (*out != '\0' && out[strlen(out) - 1] != '/')
			strcat(out, "/");
		strncat(out, path, length);
	}
	return out;
}

static bool
path_is_same(struct arena *arena, const char *a, const char *b)
{
	struct stat sa, sb;

	if (stat(a, &sa) == 0 && stat(b, &sb) == 0)
		return sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
	return strcmp(path_plain(arena, a), path_plain(arena, b)) == 0;
}

/* ---- did you mean ---- */

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* The entry of the folder that is most like the name, or NULL. */
static const char *
nearest_entry(struct arena *arena, const char *folder, const char *name)
{
	struct dirent **entries;
	struct text_nearest near = text_nearest(name);
	const char *best = NULL;
	int count = scandir(folder, &entries, NULL, by_name);

	for (int i = 0; i < count; i++)
		if (entries[i]->d_name[0] != '.')
			text_nearest_offer(&near, entries[i]->d_name);
	if (near.best != NULL)
		best = arena_copy(arena, near.best, strlen(near.best));
	for (int i = 0; i < count; i++)
		free(entries[i]);
	if (count >= 0)
		free(entries);
	return best;
}

/*
 * The path that exists and is most like `relative` seen from `folder` ("" or with its slash):
 * each part that is not there is replaced by the entry most like it.  NULL: there is none.
 */
static const char *
nearest_path(struct arena *arena, const char *folder, const char *relative)
{
	const char *part = relative, *out = "", *best;
	struct stat st;

	for (;;) {
		size_t length;

		part += strspn(part, "/");
		if (*part == '\0')
			break;
		length = strcspn(part, "/");
		best = arena_copy(arena, part, length);
		if (stat(arena_printf(arena, "%s%s%s", folder, out, best), &st) != 0) {
			const char *in = arena_printf(arena, "%s%s", folder, out);

			best = nearest_entry(arena, *in != '\0' ? in : ".", best);
		}
		if (best == NULL)
			return NULL;
		part += length;
		out = arena_printf(arena, "%s%s%s", out, best, *part != '\0' ? "/" : "");
	}
	return stat(arena_printf(arena, "%s%s", folder, out), &st) == 0 && S_ISREG(st.st_mode) ?
	    out : NULL;
}

/* ---- the file that is extended ---- */

/* scenarios/include/NAME.yaml of viosim, which `<NAME>` means. */
#define PIECES "scenarios/include"

/* The `<NAME>` that is most like a path, or NULL. */
static const char *
nearest_piece(struct arena *arena, const char *path)
{
	char *folder = share_installed(PIECES);
	const char *slash = strrchr(path, '/'), *best = NULL;

	if (folder != NULL)
		best = nearest_path(arena, arena_printf(arena, "%s/", folder),
		    slash != NULL ? slash + 1 : path);
	free(folder);
	return best == NULL ? NULL :
	    arena_printf(arena, "<%.*s>", (int)strcspn(best, "."), best);
}

/* `; did you mean ...` with what is there, beside the file or installed; or "". */
static const char *
extends_hint(struct arena *arena, const char *path, const char *name)
{
	const char *best = *name == '<' ? NULL :
	    nearest_path(arena, path_beside(arena, path, ""), name);

	if (best == NULL)
		best = nearest_piece(arena, *name != '<' ? name : arena_printf(arena, "%.*s.yaml",
		    (int)strcspn(name + 1, ">"), name + 1));
	return best != NULL ? arena_printf(arena, "; did you mean \"%s\"?", best) : "";
}

/* The path of a file that comes with viosim, for `<NAME>`; NULL after an error. */
static const char *
piece_path(struct loader *ld, const struct yaml_node *n, const char *path, const char *name)
{
	size_t length = strcspn(name + 1, "/<>");
	const char *file, *found;
	char *share;

	if (length == 0 || strcmp(name + 1 + length, ">") != 0) {
		load_error(ld, n, "scenario.extends", "a path relative to this file is expected, "
		    "or <NAME> for " PIECES "/NAME.yaml of viosim");
		return NULL;
	}
	file = arena_printf(ld->arena, PIECES "/%.*s.yaml", (int)length, name + 1);
	share = share_installed(file);
	if (share == NULL) {
		share = share_searched(file);
		load_error(ld, n, "scenario.extends", "there is no %s in %s%s", file, share,
		    extends_hint(ld->arena, path, name));
		free(share);
		return NULL;
	}
	found = arena_copy(ld->arena, share, strlen(share));
	free(share);
	return found;
}

/* The path of the file that is extended; NULL after an error. */
static const char *
extends_path(struct loader *ld, const struct yaml_node *n, const char *path, const char *name)
{
	const char *full;

	if (name[0] == '<')
		return piece_path(ld, n, path, name);
	full = path_beside(ld->arena, path, name);
	if (name[0] == '/' || name[0] == '\0')
		load_error(ld, n, "scenario.extends",
		    "a path relative to this file is expected");
	else if (path_is_same(ld->arena, path, full))
		load_error(ld, n, "scenario.extends", "a file cannot extend itself");
	else
		return full;
	return NULL;
}

/* The bytes of the file; false after an error, which stands at the line that names it. */
static bool
extends_read(struct loader *ld, const struct yaml_node *n, const char *path, const char *name,
    struct yaml_file *file)
{
	const char *full = extends_path(ld, n, path, name);
	struct diag_list diags;
	bool good;

	if (full == NULL)
		return false;
	diag_list_init(&diags);
	good = yaml_read_file(full, ld->arena, file, &diags);
	file->path = path_plain(ld->arena, full);
	if (!good)
		load_error(ld, n, "scenario.extends", "%s: %s%s", file->path,
		    diags.items[0].message, extends_hint(ld->arena, path, name));
	diag_list_fini(&diags);
	return good;
}

/* The tree of the file that `extends` names; NULL if there is none or after an error. */
static const struct yaml_node *
load_extended(struct loader *ld, const struct yaml_node *root, const char *path)
{
	const struct yaml_node *n = yaml_lookup(root, "extends"), *base;
	struct yaml_file *file;
	const char *text;

	if (n == NULL || (text = load_scalar(ld, n)) == NULL)
		return NULL;
	file = arena_calloc(ld->arena, 1, sizeof(*file));
	if (!extends_read(ld, n, path, text, file))
		return NULL;
	base = load_tree(ld, file);
	if (base != NULL && yaml_lookup(base, "steps") != NULL) {
		load_error(ld, n, "scenario.extends", "%s is a scenario by itself; a file that "
		    "is extended has only machine, device, always and never", file->path);
		return NULL;
	}
	ld->base_file = file;
	return base;
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

	ok = yaml_read_file(doc->path, doc->arena, file, diags);
	return doc_finish(doc, file, vocab, diags, ok);
}

struct scenario_doc *
scenario_load_text(const char *path, const char *text, size_t size,
    const struct scenario_vocab *vocab, struct diag_list *diags)
{
	struct scenario_doc *doc = doc_new(path);
	struct yaml_file *file = arena_calloc(doc->arena, 1, sizeof(*file));

	*file = (struct yaml_file){
		.path = doc->path, .text = arena_copy(doc->arena, text, size), .size = size,
	};
	return doc_finish(doc, file, vocab, diags, true);
}

void
scenario_doc_free(struct scenario_doc *doc)
{
	if (doc != NULL)
		arena_free(doc->arena);
}
