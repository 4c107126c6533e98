frappe.ui.form.on("Customer", {
	async refresh(frm) {
		warn_of_the_condicion(frm);
		const { $wrapper } = frm.get_field("mercadolibre_orders");
		$wrapper.empty();
		if (!frm.doc.mercadolibre_id || !frappe.model.can_read("MercadoLibre Order")) return;
		const customer = frm.doc.name;
		const { message: orders } = await frappe.call({
			method: "mercadolibre_sync.customer_desk.orders",
			type: "GET",
			args: { customer },
		});
		// One form shows all customers, one after the other: the answer may be about the one before.
		if (frm.doc.name === customer) $wrapper.html(order_table(orders));
	},
});

// What a person has settled by hand needs no second look.
function warn_of_the_condicion(frm) {
	const { arca_status, arca_disagrees, arca_condicion_iva_source, arca_message } = frm.doc;
	const is_doubtful = ["To Review", "Undetermined"].includes(arca_status) || arca_disagrees;
	if (!is_doubtful || arca_condicion_iva_source === "By hand") return;
	const why = arca_message
		? frappe.format(arca_message, frm.get_docfield("arca_message"), {}, frm.doc)
		: __("The registry says otherwise than the buyer states at MercadoLibre.");
	const help = `<a href="/mercadolibre-docs/fiscal-condition" target="_blank">${__("Help")}</a>`;
	frm.set_intro(
		`<b>${__("Check the condición frente al IVA before you invoice.")}</b> ${why} ${help}`,
		"orange"
	);
}

// MercadoLibre's words; one that is new is shown as it is.
const order_states = () => ({
	confirmed: __("Confirmed", null, "MercadoLibre Order"),
	payment_required: __("Payment pending", null, "MercadoLibre Order"),
	payment_in_process: __("Payment in process", null, "MercadoLibre Order"),
	partially_paid: __("Partially paid", null, "MercadoLibre Order"),
	paid: __("Paid", null, "MercadoLibre Order"),
	partially_refunded: __("Partially refunded", null, "MercadoLibre Order"),
	pending_cancel: __("Being cancelled", null, "MercadoLibre Order"),
	cancelled: __("Cancelled", null, "MercadoLibre Order"),
	invalid: __("Invalid", null, "MercadoLibre Order"),
});

function order_table(orders) {
	const safe = frappe.utils.escape_html;
	const states = order_states();
	const lines = orders.map(
		({ order_id, last_updated, status, sale }) => `<tr>
			<td>${frappe.utils.get_form_link("MercadoLibre Order", order_id, true)}</td>
			<td>${last_updated ? frappe.datetime.str_to_user(last_updated) : ""}</td>
			<td>${safe(states[status] || status || "")}</td>
			<td>${sale ? `<a href="${safe(sale)}" target="_blank" rel="noopener">Ver venta</a>` : ""}</td>
		</tr>`
	);
	if (!lines.length) return `<p class="text-muted">${__("No order has come yet.")}</p>`;
	return `<div class="table-responsive"><table class="table table-bordered">
		<thead><tr>
			<th>${__("Order", null, "MercadoLibre Order")}</th>
			<th>${__("Last Updated", null, "MercadoLibre Order")}</th>
			<th>${__("Order Status", null, "MercadoLibre Order")}</th>
			<th></th>
		</tr></thead>
		<tbody>${lines.join("")}</tbody>
	</table></div>`;
}
