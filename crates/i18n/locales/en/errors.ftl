# What a refused request is told. The id is the error's code; arguments are its params.

## Any request

NOT_FOUND = We could not find what you are looking for.
UNAUTHENTICATED = Please sign in to continue.
FORBIDDEN = You are not allowed to do this.
METHOD_NOT_ALLOWED = This address cannot be used in this way.
MALFORMED_REQUEST = The request could not be understood.
MALFORMED_JSON = The request does not contain valid JSON.
BODY_TOO_LARGE = The request is too large.
REQUEST_TIMEOUT = The request did not arrive in time. Please try again.
UNSUPPORTED_MEDIA_TYPE = This content type is not supported.
VALIDATION_FAILED = Please check the marked fields.
RATE_LIMITED = You have sent too many requests. Please wait a moment and try again.
UNAVAILABLE = The service is temporarily unavailable. Please try again in a moment.
INTERNAL = Something went wrong on our side. Please try again later.
NOT_IMPLEMENTED = This feature is not available yet.
IDEMPOTENCY_KEY_REQUIRED = The Idempotency-Key header is required for this request.
IDEMPOTENCY_KEY_INVALID = The Idempotency-Key header must have 1 to 255 characters.
IDEMPOTENCY_KEY_REUSED = This Idempotency-Key was already used for a different request.
REQUEST_IN_PROGRESS = The same request is still being processed. Please wait a moment.
IF_MATCH_REQUIRED = The If-Match header is required for this request.
VERSION_OUTDATED = This has been changed in the meantime. Please load it again and repeat your change.

## Signing in and the account

OTP_INVALID = The code is not correct. Please check it and try again.
OTP_EXPIRED = The code has expired. Please request a new one.
OTP_LOCKED = There were too many wrong attempts. Please wait a while and request a new code.
OTP_LIMIT = Too many codes were asked for. Please wait a while before asking for another.
ALREADY_REGISTERED = There is already an account of this type for this phone number. Please sign in.
PHONE_TAKEN = There is an account with this phone number already.
TOO_MANY_ADDRESSES = You can save at most { $max ->
    [one] { $max } address
   *[other] { $max } addresses
}.
COMPANY_NOT_FOUND = We could not find a company with this tax number.
VAT_NOT_ACTIVE = { $companyName } is not registered as an active VAT payer (status in the register: { $statusVat }).

## The shop's own people

BAD_CREDENTIALS = The e-mail address or the password is not right.
LOGIN_LOCKED = Too many wrong attempts. Please try again in a while.
EMAIL_TAKEN = Another account uses this e-mail address.
LAST_OWNER = The shop needs at least one owner; the last one has to stay.

## Pictures

FILE_TOO_LARGE = The file is too large. It may have at most { $maxMegabytes } MB.
IMAGE_INVALID = We could not read this picture. Please send a whole, still picture as JPEG, PNG or WebP.
IMAGE_TOO_LARGE = The picture is too large. It may have at most { $maxSide } pixels on each side and { $maxMegapixels } megapixels.

## Looking after the catalogue

CATEGORY_NOT_FOUND = We could not find this category.
CATEGORY_NOT_EMPTY = There are still { $products ->
    [one] { $products } product
   *[other] { $products } products
} in this category.
IMAGE_NOT_FOUND = We could not find this picture.
TOO_MANY_IMAGES = A product has at most { $max } pictures.
FILE_UNREADABLE = We could not read this file. Please send a CSV file in UTF-8 or an XLSX workbook.
TOO_MANY_ROWS = The file has too many rows. It may have at most { $max }.
IMPORT_REFUSED = Nothing was imported: { $rows ->
    [one] { $rows } row contains
   *[other] { $rows } rows contain
} errors.
IMPORT_NOT_FOUND = We could not find this import.
IMPORT_TOO_OLD = This import is too old to be undone.
CHANGED_SINCE_IMPORT = The import cannot be undone: { $products ->
    [one] { $products } product has
   *[other] { $products } products have
} been changed since.

## Products and the cart

PRODUCT_NOT_FOUND = We could not find this product.
PRODUCT_UNAVAILABLE = This product is not available at the moment.
INSUFFICIENT_STOCK = There is not enough in stock.
MIN_QUANTITY = You have to take at least { $minQuantity } of this product.
CART_FULL = A cart holds at most { $max ->
    [one] { $max } product
   *[other] { $max } different products
}.
CART_EMPTY = Your cart is empty.
CART_ALREADY_ORDERED = This cart has already been ordered.

## Orders and payment

PRICE_CHANGED = Prices have changed since you last looked. Please check your cart.
MINIMUM_ORDER = The minimum order value is { $required }. Your cart comes to { $current }.
ADDRESS_NOT_FOUND = We could not find this address.
PAYMENT_METHOD_NOT_AVAILABLE = This payment method is not available for your order.
ORDER_NOT_FOUND = We could not find this order.
TOO_MANY_UNPAID_ORDERS = You have { $limit ->
    [one] { $limit } order
   *[other] { $limit } orders
} waiting for payment. Please pay for one or cancel it first.
TOO_MANY_UNPAID_UNITS = You can have at most { $limit ->
    [one] { $limit } unit
   *[other] { $limit } units
} of a product in orders you have not paid for yet.
ORDER_NOT_ON_ACCOUNT = This order is not paid by bank transfer.
ORDER_CANNOT_BE_CANCELLED = This order can no longer be cancelled.
ORDER_CANNOT_BE_PAID = There is nothing to pay for this order any more.
TOO_MANY_PAYMENT_ATTEMPTS = There were too many attempts to pay for this order. Please place a new one.
NOTHING_TO_REFUND = There is no money left to refund for this order.
REFUND_TOO_LARGE = That is more than what is left to refund.
REFUND_NOT_FOUND = There is no such refund.
PAYMENT_EVENT_NOT_FOUND = There is no such payment event.
PAYMENT_METHOD_NOT_FOUND = You have not saved this card.
ORDER_STATUS_CONFLICT = The order cannot go there from where it stands now.
PAYMENT_UNDER_WAY = Your bank is still processing the payment. Please try again in a few minutes.
TRACKING_NUMBER_TAKEN = Another parcel already has this tracking number.
STOCK_RESERVED = Some of these units are put aside for orders and cannot be taken out of stock.
SIGNATURE_INVALID = The signature is not valid.

## One field

GUEST_SESSION_EXPIRED = Your guest session has ended. Please start a new one.
GUEST_SESSION_NOT_FOUND = This guest session does not exist.
CART_ITEM_NOT_FOUND = This item is not in the cart.
FAVORITES_FULL = You can keep at most { $max } favourites.

FIELD_REQUIRED = This field is required.
FIELD_UNKNOWN = This field is not known.
FIELD_DUPLICATE = This field may be sent only once.
FIELD_INVALID = This value is not valid.
FIELD_TOO_LONG = Please use at most { $max ->
    [one] { $max } character
   *[other] { $max } characters
}.
FIELD_TOO_SHORT = Please enter at least { $min ->
        [one] one character
       *[other] { $min } characters
    }.
FIELD_RANGE = Please enter a value from { $min } to { $max }.
FIELD_PHONE = Please enter a valid phone number with its country code, for example +48501234567.
FIELD_COUNTRY = This country is not supported.
FIELD_EMAIL = Please enter a valid e-mail address.
FIELD_NIP = Please enter a valid NIP (10 digits).
FIELD_POSTAL_CODE = This postal code is not valid for the chosen country.
FIELD_MUST_ACCEPT = Your consent is required to continue.
FIELD_LANGUAGE = Please choose Turkish (tr), English (en) or Polish (pl).
FIELD_SAME_PHONE = This is the number your account has already.
FIELD_PASSWORD = A password has 12 to 200 characters.
FIELD_NOT_FOUND = There is nothing by this name.
FIELD_TAKEN = This is already in use elsewhere.
FIELD_PAST = This time has already passed.
FIELD_REPEATED = Another row of the file already has this code.
FIELD_STRAY = This row has values outside the named columns.
FIELD_HTML = Please use Markdown only, without HTML.
FIELD_LINK = Links may lead to web pages, e-mail addresses, phone numbers and into the shop only.
