# What a refused request is told. The id is the error's code; arguments are its params.

## Any request

NOT_FOUND = Nie znaleziono tego, czego dotyczy zapytanie.
UNAUTHENTICATED = Aby kontynuować, prosimy się zalogować.
FORBIDDEN = Brak uprawnień do wykonania tej czynności.
METHOD_NOT_ALLOWED = Tego adresu nie można użyć w ten sposób.
MALFORMED_REQUEST = Nie udało się odczytać zapytania.
MALFORMED_JSON = Zapytanie nie zawiera poprawnego formatu JSON.
BODY_TOO_LARGE = Zapytanie jest zbyt duże.
UNSUPPORTED_MEDIA_TYPE = Ten typ treści nie jest obsługiwany.
VALIDATION_FAILED = Prosimy sprawdzić zaznaczone pola.
RATE_LIMITED = Wysłano zbyt wiele zapytań. Prosimy chwilę odczekać i spróbować ponownie.
UNAVAILABLE = Usługa jest chwilowo niedostępna. Prosimy spróbować ponownie za chwilę.
INTERNAL = Coś poszło nie tak po naszej stronie. Prosimy spróbować ponownie później.
NOT_IMPLEMENTED = Ta funkcja nie jest jeszcze dostępna.
IDEMPOTENCY_KEY_REQUIRED = To zapytanie wymaga nagłówka Idempotency-Key.
IDEMPOTENCY_KEY_INVALID = Nagłówek Idempotency-Key musi mieć od 1 do 255 znaków.
IDEMPOTENCY_KEY_REUSED = Ten Idempotency-Key został już użyty w innym zapytaniu.
REQUEST_IN_PROGRESS = To samo zapytanie jest jeszcze przetwarzane. Prosimy chwilę poczekać.

## Signing in and the account

OTP_INVALID = Kod jest nieprawidłowy. Prosimy go sprawdzić i spróbować ponownie.
OTP_EXPIRED = Kod stracił ważność. Prosimy zamówić nowy.
OTP_LOCKED = Zbyt wiele błędnych prób. Prosimy odczekać pewien czas i poprosić o nowy kod.
OTP_LIMIT = Dla tego numeru zamówiono zbyt wiele kodów. Prosimy odczekać pewien czas przed zamówieniem kolejnego.
ALREADY_REGISTERED = Konto tego rodzaju dla tego numeru telefonu już istnieje. Prosimy się zalogować.
TOO_MANY_ADDRESSES = Można zapisać najwyżej { $max ->
    [one] { $max } adres
    [few] { $max } adresy
   *[many] { $max } adresów
}.

## Pictures

FILE_TOO_LARGE = Plik jest zbyt duży. Może mieć najwyżej { $maxMegabytes } MB.
IMAGE_INVALID = Nie udało się odczytać tego zdjęcia. Prosimy przesłać kompletny, nieruchomy obraz w formacie JPEG, PNG lub WebP.
IMAGE_TOO_LARGE = Zdjęcie jest zbyt duże. Każdy bok może mieć najwyżej { $maxSide } pikseli, a całość najwyżej { $maxMegapixels } megapikseli.

## Products and the cart

PRODUCT_NOT_FOUND = Nie znaleziono tego produktu.
PRODUCT_UNAVAILABLE = Ten produkt jest obecnie niedostępny.
INSUFFICIENT_STOCK = W magazynie nie ma wystarczającej liczby sztuk.
MIN_QUANTITY = Minimalna liczba sztuk tego produktu to { $minQuantity }.
CART_FULL = W koszyku można mieć najwyżej { $max ->
    [one] { $max } produkt
    [few] { $max } różne produkty
   *[many] { $max } różnych produktów
}.
CART_EMPTY = Koszyk jest pusty.
CART_ALREADY_ORDERED = Zamówienie z tego koszyka zostało już złożone.

## Orders and payment

PRICE_CHANGED = Od ostatniego sprawdzenia zmieniły się ceny. Prosimy sprawdzić koszyk.
MINIMUM_ORDER = Minimalna wartość zamówienia to { $required }. Wartość koszyka to { $current }.
ADDRESS_NOT_FOUND = Nie znaleziono tego adresu.
PAYMENT_METHOD_NOT_AVAILABLE = Ta metoda płatności nie jest dostępna dla tego zamówienia.
ORDER_NOT_FOUND = Nie znaleziono tego zamówienia.
SIGNATURE_INVALID = Podpis jest nieprawidłowy.

## One field

FIELD_REQUIRED = To pole jest wymagane.
FIELD_UNKNOWN = To pole nie jest znane.
FIELD_DUPLICATE = To pole można przesłać tylko raz.
FIELD_INVALID = Ta wartość jest nieprawidłowa.
FIELD_TOO_LONG = Można wpisać najwyżej { $max ->
    [one] { $max } znak
    [few] { $max } znaki
   *[many] { $max } znaków
}.
FIELD_RANGE = Prosimy podać wartość od { $min } do { $max }.
FIELD_MIN = Najmniejsza dozwolona wartość to { $min }.
FIELD_MAX = Największa dozwolona wartość to { $max }.
FIELD_PHONE = Prosimy podać prawidłowy numer telefonu z numerem kierunkowym kraju, na przykład +48501234567.
FIELD_COUNTRY = Ten kraj nie jest obsługiwany.
FIELD_EMAIL = Prosimy podać prawidłowy adres e-mail.
FIELD_NIP = Prosimy podać prawidłowy NIP (10 cyfr).
FIELD_POSTAL_CODE = Ten kod pocztowy nie jest prawidłowy dla wybranego kraju.
FIELD_MUST_ACCEPT = Aby kontynuować, potrzebna jest zgoda.
FIELD_LANGUAGE = Prosimy wybrać język: turecki (tr), angielski (en) lub polski (pl).
