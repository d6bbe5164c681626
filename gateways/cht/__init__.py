"""An Android phone with cht-gateway: it asks one address now and then, and needs no way in."""
