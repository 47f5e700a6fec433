# What we write into a customer's account.

# The title of the address that a company's account begins with.
billing-address-title = Adres do faktury
