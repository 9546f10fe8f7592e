"""One file a kind of page. A view takes the page of its request and answers; what one may do is the record service's to say."""
