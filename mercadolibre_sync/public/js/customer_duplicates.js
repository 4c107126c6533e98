frappe.ui.form.on("Customer", {
	refresh(frm) {
		const other = frm.doc.mercadolibre_duplicate_of;
		if (!other) return;
		const link = frappe.utils.get_form_link("Customer", other, true);
		const help = `<a href="/mercadolibre-docs/questions" target="_blank">${__("Help")}</a>`;
		frm.set_intro(`${__("Possible duplicate of {0}: both have the same document.", [link])} ${help}`, "orange");
		const group = __("Possible Duplicate");
		if (frm.has_perm("delete")) frm.add_custom_button(__("Join the Two..."), () => offer_to_join(frm), group);
		if (frm.has_perm("write")) frm.add_custom_button(__("They Are Two"), () => keep_apart(frm), group);
	},
});

async function offer_to_join(frm) {
	const { message: pair } = await call_about_customer(frm, "duplicates_api.compare");
	const dialog = new frappe.ui.Dialog({
		title: __("Join With {0}", [pair.stays]),
		size: "large",
		fields: [{ fieldname: "pair", fieldtype: "HTML" }],
		primary_action_label: __("Join"),
		async primary_action() {
			dialog.hide();
			const { message: stays } = await call_about_customer(frm, "duplicates_api.join");
			frappe.set_route("Form", "Customer", stays);
		},
	});
	dialog.fields_dict.pair.$wrapper.html(pair_of_customers(pair));
	dialog.show();
}

async function keep_apart(frm) {
	await call_about_customer(frm, "duplicates_api.keep_apart");
	frm.reload_doc();
}

function pair_of_customers({ rows, moves }) {
	const safe = frappe.utils.escape_html;
	const lines = rows.map(
		({ label, stays, goes }) => `<tr>
			<td>${safe(label)}</td><td><b>${safe(stays)}</b></td><td>${safe(goes)}</td>
		</tr>`
	);
	const counts = moves.map(([kind, count]) => `${safe(kind)}: ${count}`).join(" · ");
	return `<table class="table table-bordered">
		<thead><tr>
			<th></th><th>${__("This one stays")}</th><th>${__("This one goes")}</th>
		</tr></thead>
		<tbody>${lines.join("")}</tbody>
	</table>
	<p>${__("What stands on the left stays. What MercadoLibre and ARCA said goes over where it is missing there.")}
	${__("All that belongs to the one that goes belongs to the other afterwards:")} ${counts}</p>
	<p><b>${__("This cannot be undone.")}</b></p>`;
}
