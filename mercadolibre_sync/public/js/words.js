// What `words.py` stored for people, in the language of who reads it. Comes with the list's code of the doctypes
// below, which Frappe runs before it shows a list, a report or a form of them.
frappe.provide("mercadolibre_sync");

{
	const STORED = {
		"MercadoLibre Notification": "reason",
		"MercadoLibre Back-fill": "message",
		Customer: "arca_message",
	};
	const VALUES = " ← ";

	const translated = (stored) => {
		const at = stored.indexOf(VALUES);
		if (at < 0) return __(stored);
		try {
			const values = JSON.parse(stored.slice(at + VALUES.length));
			return filled({ source: stored.slice(0, at), values });
		} catch {
			// An earlier version's.
			return stored;
		}
	};
	mercadolibre_sync.translated = translated;
	const filled = ({ source, values }) => __(source, values.map(shown));
	const shown = (value) => {
		if (Array.isArray(value)) return value.map(shown).join(", ");
		return typeof value === "object" ? filled(value) : value;
	};

	const add_formatters = (doctype, df) => {
		const safe = frappe.utils.escape_html;
		// Frappe 16's forms escape the value before they format it: the document has it as it is.
		df.formatter = (value, _df, _options, doc) =>
			safe(translated(doc?.[df.fieldname] ?? value ?? ""));
		const settings = (frappe.listview_settings[doctype] ??= {});
		(settings.formatters ??= {})[df.fieldname] = (value) => {
			const text = safe(translated(value));
			return `<span class="ellipsis" title="${safe(__(df.label, null, doctype))}: ${text}">
				<a class="filterable ellipsis" data-filter="${df.fieldname},=,${safe(value)}">${text}</a>
			</span>`;
		};
	};

	// Frappe looks for the description of a Datetime in the catalogue after it added the time zone to it.
	const translate_description = (df) => {
		if (df.fieldtype === "Datetime" && df.description) df.description = __(df.description);
	};

	for (const doctype of ["MercadoLibre Account", ...Object.keys(STORED)]) {
		const fields = frappe.meta.docfield_map[doctype] || {};
		Object.values(fields).forEach(translate_description);
		if (fields[STORED[doctype]]) add_formatters(doctype, fields[STORED[doctype]]);
	}
}
