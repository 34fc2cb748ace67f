/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The script of the page: draws the events of a case in lanes, and shows the texts beside them.
 *
 * It reads #data (sim/report/page.c, told_story.c).  Texts get into the page as text, never as
 * HTML.  A story is drawn when its case is opened.
 */
(function () {
"use strict";

var data = JSON.parse(document.getElementById("data").textContent);
var SVG = "http://www.w3.org/2000/svg";
var COLUMN = 12, JUMP = 12, GAP = 40, TOP = 30, LANE = 30, CHART = 84;
var LETTER = 7.5;			/* how wide one is, about */
var LATER = 1e8;			/* ns: a time that the timeline tells, too */
var LABELS = 92, MOST = 110, LEAST = 30;	/* columns that are shown of a longer case */

/* ---- small things ---- */

function fill(node, attributes, children) {
	Object.keys(attributes || {}).forEach(function (name) {
		node.setAttribute(name, attributes[name]);
	});
	(children || []).forEach(function (child) {
		if (child !== null)
			node.append(child);
	});
	return node;
}

function html(tag, attributes) {
	return fill(document.createElement(tag), attributes,
	    Array.prototype.slice.call(arguments, 2));
}

function svg(tag, attributes) {
	return fill(document.createElementNS(SVG, tag), attributes,
	    Array.prototype.slice.call(arguments, 2));
}

/* Cut off behind the microseconds, as in the timeline. */
function seconds(ns) {
	return (Math.floor(ns / 1e3) / 1e6).toFixed(6).replace(/\.?0+$/, "") + " s";
}

function count(n, word) {
	return n.toLocaleString("en") + " " + word + (n === 1 ? "" : "s");
}

/* ---- a story, unpacked ---- */

function unpack(told) {
	var story = told.story, events = [], number = 0, change = 0, time = 0;
	var seqs = new Set();

	told.marks.forEach(function (mark) {
		numbered(mark).forEach(function (item) { seqs.add(item.seq); });
	});
	story.runs.forEach(function (run) {
		for (var i = 0; i < run[1]; i++, number++) {
			if (change < story.times.length && story.times[change][0] === number)
				time = story.times[change++][1];
			events.push({
				seq: run[0] + i, time: time, lane: story.lane[number],
				text: data.texts[story.text[number]],
				place: data.places[story.place[number]], how: story.how[number],
				told: seqs.has(run[0] + i)
			});
		}
	});
	return events;
}

/* In the timeline: what is main there, and what a finding refers to. */
function isPrinted(event) {
	return event.how === "m" || event.how === "f" || event.told;
}

/* The first event that is not before it; the last one where there is none. */
function at(events, seq) {
	var low = 0, high = events.length;

	while (low < high) {
		var middle = (low + high) >> 1;

		if (events[middle].seq < seq)
			low = middle + 1;
		else
			high = middle;
	}
	return Math.min(low, events.length - 1);
}

/* What led to it, and itself at the end, each with the number that it has everywhere. */
function numbered(mark) {
	var list = mark.because.map(function (because, i) {
		return { number: String(i + 1), seq: because.seq, of: because };
	});

	list.push({ number: "\u25b2", seq: mark.seq, of: mark });
	return list;
}

function failures(told) {
	return told.marks.filter(function (mark) {
		return mark.failure !== undefined;
	});
}

/* ---- which columns ---- */

function around(events, list, near) {
	var seen = new Set();

	list.forEach(function (item) {
		var i = at(events, item.seq);

		for (var j = Math.max(0, i - near); j <= i + near && j < events.length; j++)
			seen.add(j);
	});
	return seen;
}

/* All, or as much around what matters as fits side by side. */
function choose(told, events, list, wanted) {
	var seen, near = 3, i, j, k;
	var steps = told.story.steps.map(function (step) { return { seq: step[0] }; });
	var others = failures(told).concat(steps.slice(0, 12));

	if (events.length <= wanted + 20)
		return null;
	do {
		seen = around(events, list, near);
		around(events, others, 0).forEach(function (i) { seen.add(i); });
	} while (seen.size < wanted && ++near < 60);
	/* A mark for what is left out takes as much room as a few events. */
	for (i = 0; i < events.length; i++) {
		for (j = i; j < events.length && !seen.has(j); j++)
			;
		for (k = i; j - i <= 3 && k < j; k++)
			seen.add(k);
		i = j;
	}
	return seen;
}

/*
 * What the timeline says as "--- 5 s later ---": from the last event that it prints to the first
 * of that time; 0: nothing.  Where an event between them is not here, nobody knows.
 */
function later(events, i) {
	var before = i - 1, printed = i;

	while (before >= 0 && !isPrinted(events[before]))
		before--;
	while (printed < events.length && events[printed].time === events[i].time &&
	    !isPrinted(events[printed]))
		printed++;
	if (before < 0 || printed === events.length || !isPrinted(events[printed]) ||
	    events[printed].seq - events[before].seq !== printed - before)
		return 0;
	var ns = events[printed].time - events[before].time;

	return ns >= LATER ? ns : 0;
}

/* One column an event, a wider one for what is left out; x of each. */
function columns(told, events, list, wanted) {
	var seen = choose(told, events, list, wanted), result = [], x = 16, last = null;

	events.forEach(function (event, i) {
		if (seen !== null && !seen.has(i) && i !== events.length - 1)
			return;
		var left = last === null ? event.seq : event.seq - last.seq - 1;
		var jumps = last !== null && last.time !== event.time;

		if (left > 0) {
			result.push({ left: left, x: x + GAP / 2 - COLUMN / 2 });
			x += GAP;
		} else if (jumps)
			x += JUMP;
		result.push({ event: event, x: x, jumps: jumps || last === null, wide: left > 0,
		    later: jumps ? later(events, i) : 0 });
		x += COLUMN;
		last = event;
	});
	result.width = x + 90;
	return result;
}

/* ---- drawing ---- */

function Story(box, told, owner) {
	this.box = box;
	this.told = told;
	this.owner = owner;
	this.events = unpack(told);
	this.whole = false;
	this.current = null;
	this.show(told.main);
}

/* How many fit side by side. */
Story.prototype.wanted = function () {
	var fits = Math.floor((this.box.clientWidth - LABELS - 130) / COLUMN) - 6;

	return Math.max(LEAST, Math.min(MOST, fits));
};

Story.prototype.show = function (main) {
	this.mark = this.told.marks[main];
	this.list = numbered(this.mark);
	this.draw();
};

/* The x of an event, or of the column before it where it is not shown. */
Story.prototype.x = function (seq) {
	var low = 0, high = this.shown.length;

	while (low < high) {
		var middle = (low + high) >> 1;

		if (this.shown[middle].event.seq <= seq)
			low = middle + 1;
		else
			high = middle;
	}
	return this.shown[Math.max(0, low - 1)].x;
};

/* Lanes without an event here are left out. */
Story.prototype.y = function (lane) {
	return TOP + LANE * this.lanes.indexOf(lane) + LANE / 2;
};

/* A finding shows where its context is, whoever's event made it show. */
Story.prototype.laneOf = function (item) {
	var lane = this.told.story.lanes.indexOf(item.of.who);

	return item.of === this.mark && lane >= 0 ? lane :
	    this.events[at(this.events, item.seq)].lane;
};

Story.prototype.draw = function () {
	var self = this, lanes;

	this.columns = columns(this.told, this.events, this.list,
	    this.whole ? Infinity : this.wanted());
	this.shown = this.columns.filter(function (column) { return column.event; });
	this.lanes = this.told.story.lanes.map(function (name, i) { return i; }).filter(
	    function (i) {
		return self.shown.some(function (column) { return column.event.lane === i; }) ||
		    self.list.some(function (item) { return self.laneOf(item) === i; });
	});
	lanes = this.lanes.map(function (i) { return self.told.story.lanes[i]; });
	/* The name of what was found stands to the right of its sign. */
	this.columns.width = Math.max(this.columns.width, this.x(this.mark.seq) + 20 +
	    LETTER * (this.mark.finding || this.mark.failure).length);
	this.bottom = TOP + LANE * lanes.length;
	this.height = this.bottom + (this.told.story.counts.length > 0 ? CHART + 18 : 0) + 6;
	this.picture = svg("svg", { width: this.columns.width, height: this.height,
	    "aria-hidden": "true" });
	this.drawTimes();
	this.drawLanes(lanes);
	this.drawBars();
	this.drawCounts();
	this.cursor = svg("rect", { "class": "cursor", y: TOP - 6, width: COLUMN,
	    height: this.height - TOP, x: -100 });
	this.picture.append(this.cursor);
	this.drawEvents();
	this.drawMarks();
	this.scroll = html("div", { "class": "scroll", tabindex: "0", role: "group",
	    "aria-label": "Events. Left and right go from event to event, up and down from lane " +
	    "to lane, Page Up and Page Down from cause to cause." }, this.picture);
	this.info = html("p", { "class": "info", "aria-live": "polite" });
	this.listen();
	this.box.replaceChildren(this.tools(), html("div", { "class": "lanes" },
	    this.labels(lanes), this.scroll), this.info, this.legend());
	this.select(this.shown.find(function (column) {
		return column.event.seq >= self.list[0].seq;
	}) || this.shown[0]);
	requestAnimationFrame(function () { self.begin(); });
};

Story.prototype.drawTimes = function () {
	var self = this, free = -1;

	this.columns.forEach(function (column) {
		var x = column.x - (column.wide ? COLUMN * 0.75 : (COLUMN + JUMP) / 2);

		if (column.left) {
			self.picture.append(svg("rect", { "class": "left", x: column.x - GAP / 2 + 9,
			    y: TOP, width: GAP - 18, height: self.bottom - TOP }),
			    svg("text", { "class": "lefttext", x: column.x, y: self.bottom + 9,
			    "text-anchor": "middle" }, "\u22ef" + column.left));
			return;
		}
		if (!column.jumps)
			return;
		self.picture.append(svg("line", { "class": "jump", x1: x, x2: x, y1: TOP - 8,
		    y2: self.height - 6 }));
		if (x < free)
			return;
		var text = seconds(column.event.time) + (column.later > 0 ? ", " +
		    seconds(column.later) + " later" : "");

		self.picture.append(svg("text", { "class": "time", x: x + 3, y: TOP - 12 }, text));
		free = x + 12 + text.length * 7;
	});
};

Story.prototype.drawLanes = function (lanes) {
	var self = this;

	lanes.forEach(function (name, i) {
		self.picture.append(svg("line", { "class": "lane", x1: 0, x2: self.columns.width,
		    y1: TOP + LANE * i + LANE / 2, y2: TOP + LANE * i + LANE / 2 }));
	});
};

Story.prototype.drawBars = function () {
	var self = this;

	this.told.story.bars.forEach(function (bar) {
		var from = self.x(bar[1]), to = self.x(bar[2]), y = self.y(bar[0]);

		if (self.lanes.indexOf(bar[0]) < 0)
			return;
		if (bar[3] === 1) {
			self.picture.append(svg("line", { "class": "asleep", x1: from, x2: to,
			    y1: y, y2: y }));
			if (to - from > 66 && bar[4] > 0)
				self.picture.append(svg("text", { "class": "asleeptext",
				    x: (from + to) / 2, y: y + 14, "text-anchor": "middle" },
				    "asleep " + seconds(bar[4])));
		} else
			self.picture.append(svg("rect", { "class": bar[3] === 2 ? "interrupt" :
			    "awake", x: from - 6, y: y - 9, width: to - from + 12, height: 18,
			    rx: 4 }));
	});
};

/* ---- numbers ---- */

Story.prototype.value = function (counter, seq) {
	var value = null;

	counter[1].forEach(function (change) {
		if (change[0] <= seq)
			value = change[1];
	});
	return value;
};

Story.prototype.most = function () {
	var most = 1;

	this.told.story.counts.forEach(function (counter) {
		counter[1].forEach(function (change) { most = Math.max(most, change[1]); });
	});
	return most;
};

Story.prototype.drawCounts = function () {
	var self = this, most = this.most(), end = this.columns.width - 84;
	var bottom = this.bottom + 14 + CHART - 8;

	this.told.story.counts.forEach(function (counter, i) {
		var path = "", last = null;

		function height(value) {
			return bottom - (CHART - 16) * value / most - 1.5 * i;
		}
		self.shown.forEach(function (column) {
			var value = self.value(counter, column.event.seq);

			if (value === null || value === last)
				return;
			path += (last === null ? "M" + column.x + " " : "H" + column.x + "V") +
			    height(value);
			last = value;
		});
		if (path !== "")
			self.picture.append(svg("path", { "class": "count k" + i % 6,
			    d: path + "H" + end }));
	});
};

Story.prototype.legend = function () {
	var self = this, list = html("ul", { "class": "legend" });

	this.values = this.told.story.counts.map(function (counter, i) {
		var value = html("b", {}, "");

		list.append(html("li", {}, html("i", { "class": "key k" + i % 6 }), counter[0] + " ",
		    value));
		return { counter: counter, node: value };
	});
	list.hidden = self.values.length === 0;
	return list;
};

/* ---- events ---- */

Story.prototype.drawEvents = function () {
	var self = this, radius = { c: 2.6, r: 1.4, m: 3.6, f: 4.4, ".": 2 };

	this.shown.forEach(function (column) {
		self.picture.append(svg("circle", { "class": "e" + (column.event.how === "." ? "o" :
		    column.event.how), cx: column.x, cy: self.y(column.event.lane),
		    r: radius[column.event.how] }));
	});
};

Story.prototype.drawMark = function (item, offset) {
	var event = this.events[at(this.events, item.seq)], x = this.x(event.seq);
	var y = this.y(this.laneOf(item)), end = item.of === this.mark;

	if (end)
		this.picture.append(svg("path", { "class": "mark", d: "M" + x + " " + (y - 22) +
		    "l8 13h-16z" }), svg("text", { "class": "marktext", x: x + 12, y: y - 11 },
		    this.mark.finding || this.mark.failure));
	else
		this.picture.append(svg("circle", { "class": "mark", cx: x, cy: y - offset, r: 9 }),
		    svg("text", { "class": "marknumber", x: x, y: y - offset + 4,
		    "text-anchor": "middle" }, item.number));
};

Story.prototype.drawMarks = function () {
	var self = this, seen = {}, label = null, free = -1;
	var y = this.y(this.told.story.lanes.indexOf("scenario"));

	/* Below the lane, where no other sign is; those side by side share their words. */
	failures(this.told).filter(function (failure) {
		return failure !== self.mark;
	}).sort(function (a, b) { return a.seq - b.seq; }).forEach(function (failure) {
		var x = self.x(failure.seq);

		self.picture.append(svg("path", { "class": "cross", d: "M" + (x - 4) + " " + (y - 4) +
		    "l8 8m0 -8l-8 8" }));
		if (x < free)
			label.textContent = label.textContent.replace("line ", "lines ") + ", " +
			    failure.line;
		else {
			label = svg("text", { "class": "crosstext", x: x + 8, y: y + 14 },
			    "line " + failure.line);
			self.picture.append(label);
		}
		free = Number(label.getAttribute("x")) + LETTER * label.textContent.length;
		self.picture.setAttribute("width", Math.max(free,
		    Number(self.picture.getAttribute("width"))));
	});
	this.list.forEach(function (item) {
		var key = at(self.events, item.seq);

		/* Several at one event stand above each other. */
		self.drawMark(item, (seen[key] || 0) * 18);
		seen[key] = (seen[key] || 0) + 1;
	});
};

/* ---- beside the picture ---- */

Story.prototype.labels = function (lanes) {
	var box = html("div", { "class": "labels", "aria-hidden": "true" });

	box.style.paddingTop = TOP + "px";
	lanes.forEach(function (name) {
		box.append(html("div", { style: "height:" + LANE + "px" }, name));
	});
	if (this.told.story.counts.length > 0)
		box.append(html("div", { "class": "axis", style: "height:" + (CHART + 12) + "px" },
		    html("span", {}, String(this.most())), html("span", {}, "0")));
	return box;
};

Story.prototype.tools = function () {
	var self = this, box = html("p", { "class": "tools" }), toggle;

	this.list.forEach(function (item) {
		var button = html("button", { type: "button", "class": "chip",
		    title: item.of.text || item.of.actual || "" }, item.number);

		button.addEventListener("click", function () { self.go(item.seq); });
		box.append(button);
	});
	if (choose(this.told, this.events, this.list, this.wanted()) !== null) {
		toggle = html("button", { type: "button", "aria-pressed": String(this.whole) },
		    this.whole ? "only what is near" : "all " + count(this.events.length, "event") +
		    (this.events.length < this.told.story.events ? " that are here" : ""));
		toggle.addEventListener("click", function () {
			self.whole = !self.whole;
			self.draw();
			self.box.querySelector("button[aria-pressed]").focus();
		});
		box.append(toggle);
	}
	box.append(html("span", { "class": "dim" }, "One column is one event: point at it, or use the " +
	    "arrow keys." + (this.events.length < this.told.story.events ? " The case has " +
	    count(this.told.story.events, "event") + "; here are those near a finding." : "")));
	return box;
};

/* ---- moving ---- */

/* All that matters from the left edge on, or else from the first cause on. */
Story.prototype.begin = function () {
	var self = this, xs = this.list.map(function (item) { return self.x(item.seq); });

	if (Math.max.apply(null, xs) > this.scroll.clientWidth - 140)
		this.scroll.scrollLeft = Math.max(0, Math.min.apply(null, xs) - 60);
};

/* Scroll so that the event is to be seen. */
Story.prototype.reveal = function (seq) {
	var x = this.x(seq), scroll = this.scroll;

	if (x < scroll.scrollLeft + 16 || x > scroll.scrollLeft + scroll.clientWidth - 60)
		scroll.scrollLeft = Math.max(0, x - scroll.clientWidth / 3);
};

Story.prototype.index = function () {
	var current = this.current;

	return this.shown.findIndex(function (column) { return column.event === current; });
};

Story.prototype.go = function (seq) {
	this.reveal(seq);
	this.select(this.shown.find(function (column) { return column.event.seq >= seq; }) ||
	    this.shown[this.shown.length - 1]);
};

/* The result of a call stands in its return. */
Story.prototype.result = function (event) {
	var name = event.text.replace(/\(.*$/, "") + " returns ";
	var i = at(this.events, event.seq) + 1;

	for (; event.how !== "r" && i < this.events.length; i++)
		if (this.events[i].lane === event.lane && this.events[i].how === "r" &&
		    this.events[i].text.indexOf(name) === 0)
			return " \u2192 " + this.events[i].text.slice(name.length);
	return "";
};

function placeOf(before, file, line, name) {
	return html("span", { "class": "dim" }, before + file + ":" + line + " " + (name || ""));
}

Story.prototype.select = function (column) {
	var event = column.event, self = this;
	var items = this.list.filter(function (item) {
		return self.events[at(self.events, item.seq)] === event;
	});

	this.current = event;
	this.cursor.setAttribute("x", column.x - COLUMN / 2);
	this.info.replaceChildren(
	    html("span", { "class": "dim" }, "#" + event.seq + "  " + seconds(event.time) + "  "),
	    html("b", {}, this.told.story.lanes[event.lane]), " ",
	    html("code", {}, event.text + (event.how === "c" || event.how === "m" ?
	    this.result(event) : "")),
	    event.place ? placeOf("  ", event.place[0], event.place[1], event.place[2]) : "");
	/* What the list of causes says of it: it may be a load or store shortly after. */
	items.forEach(function (item) {
		var place = item.of.position || (item.of.line ? item.of : null);

		self.info.append(html("span", { "class": "item" },
		    html("b", { "class": "n" }, item.number + " "),
		    item.of === self.mark ? "here it shows" : item.of.text || "",
		    place ? placeOf(" ", place.file, place.line, place["function"]) : ""));
	});
	this.values.forEach(function (value) {
		var now = self.value(value.counter, event.seq);

		value.node.textContent = now === null ? "" : now;
	});
};

Story.prototype.step = function (key) {
	var shown = this.shown, i = this.index(), lane, marks, self = this;

	if (key === "ArrowLeft" || key === "ArrowRight")
		i = Math.min(shown.length - 1, Math.max(0, i + (key === "ArrowLeft" ? -1 : 1)));
	else if (key === "Home" || key === "End")
		i = key === "Home" ? 0 : shown.length - 1;
	else if (key === "PageUp" || key === "PageDown") {
		marks = this.list.map(function (item) {
			return self.events[at(self.events, item.seq)].seq;
		}).sort(function (a, b) { return a - b; });
		if (key === "PageUp")
			marks.reverse();
		return marks.find(function (seq) {
			return key === "PageUp" ? seq < self.current.seq : seq > self.current.seq;
		});
	} else {
		lane = this.nextLane(key === "ArrowUp" ? -1 : 1);
		return lane;
	}
	return shown[i].event.seq;
};

/* The nearest event of the next lane that has any. */
Story.prototype.nextLane = function (direction) {
	var lane = this.current.lane + direction, best, self = this, i = this.index();

	for (; lane >= 0 && lane < this.told.story.lanes.length; lane += direction) {
		best = null;
		this.shown.forEach(function (column, j) {
			if (column.event.lane === lane && (best === null ||
			    Math.abs(j - i) < Math.abs(best - i)))
				best = j;
		});
		if (best !== null)
			return self.shown[best].event.seq;
	}
	return undefined;
};

Story.prototype.listen = function () {
	var self = this, keys = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End",
	    "PageUp", "PageDown"];

	this.scroll.addEventListener("keydown", function (press) {
		var seq;

		if (keys.indexOf(press.key) < 0 || press.ctrlKey || press.altKey || press.metaKey)
			return;
		press.preventDefault();
		seq = self.step(press.key);
		if (seq !== undefined)
			self.go(seq);
	});
	this.picture.addEventListener("pointermove", function (move) {
		var x = move.clientX - self.picture.getBoundingClientRect().left, best = null;

		self.shown.forEach(function (column) {
			if (best === null || Math.abs(column.x - x) < Math.abs(best.x - x))
				best = column;
		});
		if (best.event !== self.current)
			self.select(best);
	});
};

/* ---- the driver's text ---- */

/* Which lines of the function around it: [first, last], from 1. */
function functionAround(lines, line) {
	var first = line, last = line;

	while (first > 1 && !/^[A-Za-z_]\w*\(/.test(lines[first - 1]))
		first--;
	while (last < lines.length && lines[last - 1] !== "}")
		last++;
	return [Math.max(1, first - 1), last];
}

/* What stands at which line: {file: {line: [[number, words], ...]}}; by function, in order. */
function placesOf(list) {
	var places = [];

	function add(position, number, words, who) {
		var same;

		if (!position || !position.line)
			return;
		same = places.find(function (place) {
			return place.line === position.line && place.file === position.file &&
			    place.words === words;
		});
		if (same)
			same.numbers.push(number);
		else
			places.push({ file: position.file, line: position.line, words: words,
			    name: position["function"], numbers: [number], who: who });
	}
	list.forEach(function (item) {
		(item.of.others || []).forEach(function (other) {
			if (other[0] !== item.of.who)
				add(other[2], item.number, other[0] + " stood here, " +
				    other[1], other[0]);
		});
		add(item.of.position, item.number, null, item.of.who);
	});
	return places;
}

function line(number, chips, text, words, hot) {
	return html("div", { "class": hot ? "line hot" : "line" },
	    html("span", { "class": "no" }, String(number)),
	    html("span", { "class": "chips" }, chips),
	    html("span", { "class": "text" }, text.replace(/\t/g, "    ")),
	    words ? html("span", { "class": "words" }, words) : null);
}

function excerpt(lines, places) {
	var box = html("div", { "class": "code", tabindex: "0", role: "region",
	    "aria-label": places[0].name }), wanted = {}, last = null;
	var range = functionAround(lines, places[0].line);

	wanted[range[0]] = wanted[range[0] + 1] = true;
	places.forEach(function (place) {
		for (var i = place.line - 3; i <= place.line + 3; i++)
			if (i >= range[0] && i <= range[1])
				wanted[i] = true;
	});
	for (var i = range[0]; i <= range[1]; i++) {
		if (!wanted[i])
			continue;
		var here = places.filter(function (place) { return place.line === i; });
		var stood = here.filter(function (place) { return place.words !== null; });

		if (last !== null && last !== i - 1)
			box.append(html("div", { "class": "line dim" }, "     \u22ef"));
		box.append(line(i, here.filter(function (place) { return place.words === null; })
		    .map(function (place) { return place.numbers.join(" "); }).join(" "),
		    lines[i - 1] || "", stood.map(function (place) {
			return place.numbers.join(" ") + ": " + place.words;
		}).join("; "), here.length > 0));
		last = i;
	}
	return box;
}

function driverText(told, list) {
	var texts = data.modules[told.module] || {}, box = html("div", {}), groups = [];

	placesOf(list).forEach(function (place) {
		var group = groups.find(function (one) {
			return one[0].name === place.name && one[0].file === place.file;
		});

		if (group)
			group.push(place);
		else
			groups.push([place]);
	});
	groups.forEach(function (places) {
		var whos = places.map(function (place) { return place.who; }).filter(
		    function (who, i, all) { return who && all.indexOf(who) === i; });

		box.append(html("h4", {}, places[0].name + " ", html("span", { "class": "dim" },
		    places[0].file + (whos.length > 0 ? ", run by " + whos.join(", ") : ""))));
		if (texts[places[0].file] === undefined)
			box.append(html("p", { "class": "note" }, "The text of " + places[0].file +
			    " is not there."));
		else
			box.append(excerpt(texts[places[0].file].split("\n"), places));
	});
	return box;
}

/* ---- the scenario's text ---- */

function scenarioText(told) {
	var file = told.story.file, scenario = data.scenarios[file];
	var box = html("div", { "class": "code", tabindex: "0", role: "region",
	    "aria-label": "Scenario" }), failed = {};

	if (!file)
		return html("div", {});
	failures(told).forEach(function (failure) {
		if (failure.file === file)
			failed[failure.line] = failure.actual + ", at " +
			    seconds(failure.time_ns);
	});
	scenario[1].replace(/\n$/, "").split("\n").forEach(function (one, i) {
		if (!/^#/.test(one))
			box.append(line(i + 1, failed[i + 1] ? "\u2717" : "", one, failed[i + 1],
			    failed[i + 1] !== undefined));
	});
	return html("div", {}, html("h4", {}, "Scenario ", html("span", { "class": "dim" }, file)),
	    scenario[0] ? html("p", { "class": "note" }, scenario[0]) : null,
	    scenario[1] ? box : null);
}

/* ---- a case ---- */

function open(kind) {
	if (kind.dataset.drawn)
		return;
	kind.dataset.drawn = "yes";
	kind.querySelectorAll(".story").forEach(function (box) {
		var told = data.kinds[box.dataset.story.slice(1)][box.dataset.story[0]];

		if (!told || told.story.events === 0)
			return;
		if (box.dataset.story[0] === "s")
			connect(kind, new Story(box, told, kind));
		else if (told.marks.length > 0)
			new Story(box, told, kind);
		else {
			told.marks = [{ seq: told.story.runs[0][0], because: [], others: [],
			    finding: "begin" }];
			new Story(box, told, kind);
		}
	});
}

function texts(kind, story) {
	var driver = kind.querySelector(".texts"), scenario = kind.querySelector(".scenario");

	driver.replaceChildren(driverText(story.told, story.list));
	scenario.replaceChildren(scenarioText(story.told));
}

/* The numbers of the events in the lists of causes lead to the lanes. */
function connect(kind, story) {
	texts(kind, story);
	kind.querySelectorAll("ol.why .when").forEach(function (when) {
		var beside = when.closest(".beside"), match = /^#(\d+)(.*)$/.exec(when.textContent);
		var main = beside ? Number(beside.dataset.show) : story.told.main;
		var button = html("button", { type: "button", "class": "seq" }, "#" + match[1]);

		button.addEventListener("click", function () {
			if (story.mark !== story.told.marks[main]) {
				story.show(main);
				texts(kind, story);
			}
			story.go(Number(match[1]));
			story.box.scrollIntoView({ block: "nearest" });
		});
		when.replaceChildren(button, match[2]);
	});
}

document.querySelectorAll("details.kind").forEach(function (kind) {
	kind.addEventListener("toggle", function () {
		if (kind.open)
			open(kind);
	});
	if (kind.open)
		open(kind);
});

/* A link to a cause opens its first case. */
function follow() {
	var target = document.getElementById(location.hash.slice(1)), kind;

	if (target === null)
		return;
	kind = target.matches("details") ? target : target.querySelector("details.kind");
	if (kind && target.id !== "cases") {
		kind.open = true;
		open(kind);
		target.scrollIntoView();
	}
}

window.addEventListener("hashchange", follow);
if (location.hash)
	follow();
})();
