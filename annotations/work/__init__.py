"""Taking, answering and settling tasks: the queue with its leases, drafts, submissions, disputes and precedents."""
