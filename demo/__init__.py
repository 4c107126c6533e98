"""`make demo`: the app at work, from a posted notification to what a salesperson sees in the ERP."""
