frappe.provide("frappe.dashboards.chart_sources");

frappe.dashboards.chart_sources["MercadoLibre Notifications by Outcome"] = {
	method: "mercadolibre_sync.workspace_numbers.notifications_by_outcome",
	filters: [],
};
