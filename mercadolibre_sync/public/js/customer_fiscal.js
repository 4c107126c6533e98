frappe.ui.form.on("Customer", {
	refresh(frm) {
		const digits = (frm.doc.tax_id || "").replace(/\D/g, "");
		if (frm.is_new() || digits.length !== 11 || !frm.has_perm("write")) return;
		// The product's own words, a source string that is Spanish.
		frm.add_custom_button("Traer datos fiscales", () => fetch_fiscal_data(frm));
	},
});

async function fetch_fiscal_data(frm) {
	if (frm.is_dirty()) await frm.save();
	const { message: answer } = await frappe.call({
		method: "mercadolibre_sync.fiscal_api.compare",
		args: { customer: frm.doc.name },
		freeze: true,
		freeze_message: __("Asking ARCA..."),
	});
	const dialog = new frappe.ui.Dialog({
		title: "Traer datos fiscales",
		size: "large",
		fields: [{ fieldname: "choice", fieldtype: "HTML" }],
		primary_action_label: __("Take Over"),
		async primary_action() {
			dialog.hide();
			await take_over(frm, dialog);
		},
	});
	dialog.fields_dict.choice.$wrapper.html(fiscal_choice(answer));
	dialog.show();
}

async function take_over(frm, dialog) {
	const ticked = dialog.$wrapper.find("input[data-key]:checked").toArray();
	await frappe.call({
		method: "mercadolibre_sync.fiscal_api.take",
		args: { customer: frm.doc.name, keys: ticked.map((box) => box.dataset.key) },
		freeze: true,
	});
	frm.reload_doc();
}

function fiscal_choice({ message, rows }) {
	const safe = frappe.utils.escape_html;
	const note = message ? `<p>${safe(message)}</p>` : "";
	if (!rows.length) {
		return `${note}<p>${__("The registry says nothing that the customer does not have already.")}</p>`;
	}
	const lines = rows.map(
		(row) => `<tr>
			<td><label><input type="checkbox" data-key="${row.key}" ${row.suggested ? "checked" : ""}>
				${safe(row.label)}</label></td>
			<td>${safe(row.old)}</td>
			<td>${safe(row.new)}</td>
		</tr>`
	);
	return `${note}<table class="table table-bordered">
		<thead><tr>
			<th></th><th>${__("In this customer")}</th><th>${__("In the registry")}</th>
		</tr></thead>
		<tbody>${lines.join("")}</tbody>
	</table>`;
}
