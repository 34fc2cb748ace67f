# SPDX-License-Identifier: BSD-2-Clause
#
# viosim-cc.awk: turn a compiler's messages about a driver into one line for each
# problem.  Used by sim/tools/viosim-cc.
#
#	awk -v ... -f viosim-cc.awk pass=1 ALL_LOG pass=2 LOG
#
# ALL_LOG has the messages when every header of viosim is included: a name missing
# there too is in none of them.  Output lines, with fields separated by tabs:
#	include	FILE:LINE	NAME	a header that is not included has it
#	say	TEXT			anything else, to be printed as is

# The manual page of a name; sets is_certain if the page has that very name.
function manpage(name,    i) {
	is_certain = 1
	if (name in page)
		return page[name]
	is_certain = 0
	for (i = 1; i <= prefix_count; i++)
		if (index(name, prefix[i]) == 1)
			return prefix_page[i]
	return ""
}
# The n-th word in single quotes.
function quoted(text, n,    parts) {
	split(text, parts, "\047")
	return parts[2 * n]
}
# The spelling that the compiler suggests.
function hint_of(text) {
	if (!match(text, /did you mean .[A-Za-z_0-9]+/))
		return ""
	return substr(text, RSTART + 14, RLENGTH - 14)
}
function path_of(file) {
	return file ~ /^\// ? file : in_dir "/" file
}
function source_line(file, line,    text, i) {
	for (i = 0; i < line; i++)
		if ((getline text < path_of(file)) <= 0)
			break
	close(path_of(file))
	return text
}
function first_identifier(text) {
	sub(/^[^A-Za-z_]*/, "", text)
	match(text, /^[A-Za-z_0-9]*/)
	return substr(text, 1, RLENGTH)
}
# The last "struct x" of the text, or "".
function last_struct(text,    found_type) {
	found_type = ""
	while (match(text, /(struct|union|enum)[ \t]+[A-Za-z_0-9]+/)) {
		found_type = substr(text, RSTART, RLENGTH)
		text = substr(text, RSTART + RLENGTH)
	}
	sub(/[ \t]+/, " ", found_type)
	return found_type
}
function defines(path, type,    text, does) {
	does = 0
	while (!does && (getline text < path) > 0)
		does = text ~ (type "[ \t]*([{]|$)")
	close(path)
	return does
}
# Does the driver itself define the struct?  Then what is missing in
# it is not for the fake kernel to have.
function is_own_type(type) {
	return defines(path_of(in_base), type)
}
# A header of the fake kernel has it, but not for drivers to look into.
function is_private_type(type,    i) {
	for (i = 1; i <= header_count; i++)
		if (defines(shim "/" header[i], type))
			return 1
	return 0
}
# Does the driver itself declare the name somewhere?  Then a brace or
# a piece of its text is missing, nothing of the kernel.
function is_own(name,    text, last, own, ident) {
	own = 0
	ident = "[A-Za-z_][A-Za-z_0-9]*"
	while (!own && (getline text < path_of(in_base)) > 0) {
		last = text
		sub(/".*"/, "\"\"", text)
		sub(/\/\*.*/, "", text)
		if (text ~ /^[ \t]*(\*|return|goto|case|else|do|sizeof)/)
			continue
		own = text ~ ("^#[ \t]*define[ \t]+" name "([^A-Za-z_0-9]|$)") || \
		    !is_macro_like(name) && \
		    text ~ ("^(" ident "[ \t*]+)*" name "[ \t]*[(]") || \
		    text ~ ("^[ \t]*" ident "[ \t*]+([A-Za-z_0-9, \t*]*[ \t*,])?" \
		    name "[ \t]*([;,=)]|\\[)")
	}
	close(path_of(in_base))
	# Where a text was cut off, its last word may be half of one.
	return own || last ~ ("(^|[^A-Za-z_0-9])" name "$")
}
function shown(file) {
	if (file == in_base)
		return in_name
	if (index(file, shim "/") == 1)
		return "sim/include/" substr(file, length(shim) + 2)
	return file
}
function is_macro_like(name) {
	return name ~ /^[A-Z][A-Z0-9_]*$/
}
# Equal but for one letter too many, too few, another, or two swapped.
function is_slip(a, b) {
	while (a != "" && substr(a, 1, 1) == substr(b, 1, 1)) {
		a = substr(a, 2)
		b = substr(b, 2)
	}
	while (a != "" && b != "" &&
	    substr(a, length(a)) == substr(b, length(b))) {
		a = substr(a, 1, length(a) - 1)
		b = substr(b, 1, length(b) - 1)
	}
	return length(a) <= 1 && length(b) <= 1 || length(a) == 2 && \
	    b == substr(a, 2) substr(a, 1, 1)
}
# One line for something that is missing; `what` as in the lines out.
function put(what, text) {
	put_what[++found] = what
	put_where[found] = shown(file) ":" line
	put_text[found] = text
}
function say(text) {
	put("say", text)
}
function lacks_header(name,    i, subject) {
	if (seen["header", name]++)
		return
	for (i = 1; i <= header_count; i++)
		if (is_slip(name, header[i])) {
			say("there is no header <" name ">; did you mean <" \
			    header[i] ">?")
			return
		}
	subject = name
	sub(/.*\//, "", subject)
	sub(/\.h$/, "", subject)
	subject = manpage(subject)
	say("the fake kernel has no header <" name ">" (is_certain ? \
	    " (manual page " subject ")" : "") "; see sim/kern/README.md")
}
# Nothing declares that name.  False if it is no matter of the fake kernel.
function lacks(kind, name,    subject, its_page, guess) {
	subject = name
	sub(/^.* of /, "", subject)
	sub(/^(struct|union|enum) /, "", subject)
	lacking = name
	if (name == "" || kind != "member" && is_own(subject))
		return 0
	if (pass == 1) {
		still[name] = 1
		better[name] = hint_of(message)
		return 1
	}
	if (seen[kind, name]++)
		return 1
	if (!(name in still)) {
		put("include", name)
		return 1
	}
	guess = better[name]
	its_page = manpage(subject)
	if (kind != "member" && is_certain || guess == "" && its_page != "")
		say("the fake kernel has no " kind " " name " (manual page " its_page \
		    "); see sim/kern/README.md")
	else if (guess != "" && is_own(guess))
		return 0
	else if (kind == "member")
		say("the fake kernel has no member " name (guess != "" ? \
		    "; did you mean `" guess "`?" : "; see sim/kern/README.md"))
	else
		say("neither the driver nor the fake kernel has a " kind " " name \
		    (guess != "" ? "; did you mean `" guess "`?" : \
		    "; if it is the kernel\047s, see sim/kern/README.md"))
	return 1
}
function name_kind(name, otherwise) {
	return is_macro_like(name) ? "macro" : \
	    name ~ /_t$/ ? "type" : otherwise
}
# A macro that is not there looks like broken syntax.
function lacks_macro(    text, name) {
	text = source_line(file, line)
	name = first_identifier(text)
	return text ~ /^[ \t]*[A-Z][A-Z0-9_]*[ \t]*\(/ && \
	    !(name in defined) && lacks("macro", name)
}
function lacks_type(    type) {
	type = last_struct(message)
	if (type == "")
		type = last_struct(substr(source_line(file, line), 1,
		    column))
	if (type == "" || is_own_type(type) ||
	    pass == 2 && (type in still) && is_private_type(type))
		return 0
	return lacks("type", type)
}
function lacks_member(member, type) {
	return !is_own_type(type) && lacks("member", member " of " type)
}
# True if the error says that a name is missing, which is then dealt with.
function is_lack(    name) {
	name = quoted(message, 1)
	if (message ~ /^implicit declaration of function / ||
	    message ~ /^call to undeclared function /)
		return lacks(name_kind(name, "function"), name)
	if (message ~ /^unknown type name /)
		return lacks(is_macro_like(name) ? "macro" : "type", name)
	if (message ~ /undeclared (\(first use|here)/ ||
	    message ~ /undeclared; did you mean/ ||
	    message ~ /^use of undeclared identifier/)
		return lacks(name_kind(name, "variable"), name)
	if (message ~ /type defaults to .int. in declaration of/)
		return lacks("macro", quoted(message, 2))
	if (message ~ /^type specifier missing, defaults to/)
		return lacks("macro",
		    first_identifier(substr(source_line(file, line), column)))
	if (message ~ /has no member named/)
		return lacks_member(quoted(message, 2), quoted(message, 1))
	if (message ~ /^no member named/)
		return lacks_member(quoted(message, 1), quoted(message, 2))
	if (message ~ /(undefined|incomplete|storage size)/)
		return lacks_type()
	if (message ~ /^expected /)
		return lacks_macro()
	return 0
}
# What a compiler adds to the error before.
function see_note() {
	if (pass == 1 && (lacking in still) && better[lacking] == "")
		better[lacking] = hint_of(message)
	# The place is where the driver uses the macro, not its definition.
	if (pass == 2 && message ~ /in expansion of macro/ && file == in_base &&
	    found > 0 && index(put_where[found], in_name ":") != 1)
		put_where[found] = shown(file) ":" line
}
BEGIN {
	while ((getline text < macros) > 0)
		defined[first_identifier(substr(text, 9))] = 1
	while ((getline text < header_list) > 0)
		header[++header_count] = text
	while ((getline text < manpages) > 0) {
		if (text !~ /^MANPAGE\(/)
			continue
		split(text, field, "\"")
		title = field[2]
		sub(/\(.*/, "", title)
		page[title] = field[2]
		count = split(field[4], word, " ")
		for (i = 1; i <= count; i++)
			if (sub(/\*$/, "", word[i])) {
				prefix[++prefix_count] = word[i]
				prefix_page[prefix_count] = field[2]
			} else
				page[word[i]] = field[2]
	}
}
# FILE:LINE:COLUMN: error: TEXT, of either compiler; what follows belongs to it.
/^[^ :][^:]*:[0-9]+:[0-9]+: (fatal )?(error|warning|note): / {
	split($0, part, ":")
	file = part[1]
	line = part[2]
	column = part[3]
	sub(/^\.\//, "", file)
	message = $0
	sub(/^[^:]*:[0-9]+:[0-9]+: (fatal )?/, "", message)
	is_error = message ~ /^error: /
	if (message ~ /^note: /) {
		see_note()
		is_kept = is_kept && \
		    message !~ /^note: (each undeclared|.-W|adding .-f)/
	} else
		is_kept = 0
	sub(/^(error|warning): /, "", message)
	if (message ~ /: No such file or directory$/) {
		sub(/: No such file.*/, "", message)
		if (pass == 2)
			lacks_header(message)
	} else if (message ~ /file not found$/) {
		if (pass == 2)
			lacks_header(quoted(message, 1))
	} else if (is_error && !is_lack() && pass == 2) {
		other_count++
		is_kept = 1
	}
	if (is_kept) {
		text = $0
		sub(/^[^:]*/, "", text)
		own_text[other_count] = own_text[other_count] shown(file) text "\n"
	}
	next
}
/^[^ ].*: (In |At top level|In file included)|^ +from |errors? generated|^compilation/ {
	is_kept = 0
	next
}
is_kept { own_text[other_count] = own_text[other_count] $0 "\n" }
# What the compiler says first that is an error, or else at all.
function first_error(log_file,    text, first) {
	first = ""
	while ((getline text < log_file) > 0) {
		if (text ~ /error/)
			return text
		if (first == "")
			first = text
	}
	return first
}

END {
	for (i = 1; i <= found; i++)
		print put_what[i] "\t" put_where[i] (put_what[i] == "say" ? \
		    ": " : "\t") put_text[i]
	# What the driver itself has wrong; not the echo of the above.
	for (i = 1; i <= other_count; i++) {
		if (found == 0 && printed < 10) {
			count = split(own_text[i], row, "\n")
			for (j = 1; j < count; j++)
				print "say\t" row[j]
			printed++
		} else
			hidden++
	}
	if (found + printed == 0) {
		print "say\t" first_error(ARGV[4])
		print "say\t" in_name ": does not compile; see " log_name
	} else if (hidden > 0)
		printf "say\t%s: %d more compiler error%s in %s\n",
		    in_name, hidden, hidden == 1 ? "" : "s", log_name
}
