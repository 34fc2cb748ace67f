/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The texts of a module that is not loaded.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/sbuf.h"
#include "machine/trace.h"
#include "run/module.h"
#include "run/module_file.h"
#include "run/source.h"

bool
module_texts_read(const char *path, struct module_texts *texts, char **why)
{
	struct module_file file;
	struct sbuf buf;
	FILE *stream = sbuf_open(&buf);
	bool good = module_file_open(&file, path, stream);
	struct source *source;
	const char *name;

	*why = sbuf_close(&buf);
	*texts = (struct module_texts){ 0 };
	if (!good)
		return false;
	texts->hash = trace_hash(file.image, file.size);
	source = source_new(file.image, file.size);
	for (unsigned n = 0; (name = source_text_file(source, n)) != NULL; n++) {
		size_t length = 0;
		const char *text = source_text_all(source, name, &length);

		*(struct module_text *)vec_add(texts) = (struct module_text){
			xstrdup(name), xstrndup(text, length) };
	}
	source_free(source);
	module_file_close(&file);
	return true;
}

void
module_texts_fini(struct module_texts *texts)
{
	vec_each(text, texts) {
		free(text->name);
		free(text->text);
	}
	vec_fini(texts);
}
