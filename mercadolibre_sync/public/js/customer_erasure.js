frappe.ui.form.on("Customer", {
	refresh(frm) {
		const may = frappe.user.has_role(["MercadoLibre Manager", "System Manager"]) && frm.has_perm("write");
		if (!frm.doc.mercadolibre_id || !may) return;
		// ERPNext's group: a screen's width is not enough for another one.
		frm.add_custom_button(__("Personal Data..."), () => show_personal_data(frm), __("Actions"));
	},
});

async function show_personal_data(frm) {
	const { message: held } = await call_about_customer(frm, "erasure_api.show");
	const dialog = new frappe.ui.Dialog({
		title: __("What is held of this buyer"),
		size: "large",
		fields: [{ fieldname: "held", fieldtype: "HTML" }],
		primary_action_label: __("Erase"),
		primary_action() {
			frappe.confirm(__("Erase the buyer's data? This cannot be undone."), async () => {
				dialog.hide();
				await call_about_customer(frm, "erasure_api.erase");
				frm.reload_doc();
			});
		},
	});
	dialog.fields_dict.held.$wrapper.html(table_of_personal_data(held));
	dialog.show();
}

function table_of_personal_data(held) {
	const safe = frappe.utils.escape_html;
	const lines = held.map(
		({ label, value, stays }) => `<tr>
			<td>${safe(label)}</td><td>${safe(value)}</td>
			<td>${stays ? `${__("Stays.")} ${safe(stays)}` : __("Is erased.")}</td>
		</tr>`
	);
	const help = `<a href="/mercadolibre-docs/questions" target="_blank">${__("Help")}</a>`;
	return `<table class="table table-bordered"><tbody>${lines.join("")}</tbody></table>
	<p>${__("Comments on them and the history of their changes are erased, too. Orders made before bring nothing back; a new one brings what it needs itself.")} ${help}</p>`;
}
