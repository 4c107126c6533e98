app_name = "mercadolibre_sync"
app_title = "MercadoLibre Sync"
app_publisher = "MercadoLibre Sync contributors"
app_description = "Every MercadoLibre buyer becomes the right Customer in ERPNext"
app_email = "maintainers@mercadolibre-sync.example"
app_license = "MIT"

required_apps = ["frappe/erpnext"]

export_python_type_annotations = True
require_type_annotated_api_methods = True

after_install = "mercadolibre_sync.install.after_install"
after_migrate = "mercadolibre_sync.install.after_migrate"
before_uninstall = "mercadolibre_sync.uninstall.before_uninstall"

doctype_js = {"Customer": ["public/js/customer.js", "public/js/customer_fiscal.js"]}

doc_events = {"Customer": {"validate": "mercadolibre_sync.sync.fiscal.customer.validate"}}

scheduler_events = {
	"cron": {
		# The sweep is the inbox's guarantee: whatever Redis or a worker lost is found within a minute.
		"* * * * *": ["mercadolibre_sync.inbox.sweep.sweep"],
		"*/5 * * * *": ["mercadolibre_sync.sync.fiscal.pending.ask_again"],
	},
	"daily": ["mercadolibre_sync.sync.fiscal.notices.warn_of_expiry"],
}
