"""The inbox: every notification, from the moment it is posted to a state that a person can see.

`intake` stores what arrives, `wake` calls a worker, `worker` takes rows through `claims`, hands them to
`sync` and writes the result through `states`; `failures` puts errors into words; `sweep` finds what was
lost on the way. The database rows are the queue of record; Redis only says that somebody should look.
"""
