app_name = "erpnext"
app_title = "ERPNext (stand-in)"
app_publisher = "MercadoLibre Sync contributors"
app_description = "What MercadoLibre Sync touches of ERPNext"
app_email = ""
app_license = "MIT"

after_install = "erpnext.install.after_install"
