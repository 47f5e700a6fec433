# What a refused request is told. The id is the error's code; arguments are its params.

## Any request

NOT_FOUND = Nie znaleziono szukanego zasobu.
UNAUTHENTICATED = Aby kontynuować, prosimy się zalogować.
FORBIDDEN = Brak uprawnień do wykonania tej czynności.
METHOD_NOT_ALLOWED = Tego adresu nie można użyć w ten sposób.
MALFORMED_REQUEST = Nie udało się odczytać zapytania.
MALFORMED_JSON = Zapytanie nie zawiera poprawnych danych w formacie JSON.
BODY_TOO_LARGE = Zapytanie jest zbyt duże.
REQUEST_TIMEOUT = Zapytanie nie dotarło na czas. Prosimy spróbować ponownie.
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
IF_MATCH_REQUIRED = To żądanie wymaga nagłówka If-Match.
VERSION_OUTDATED = Dane zostały w międzyczasie zmienione. Wczytaj je ponownie i powtórz zmianę.

## Signing in and the account

OTP_INVALID = Kod jest nieprawidłowy. Prosimy go sprawdzić i spróbować ponownie.
OTP_EXPIRED = Kod stracił ważność. Prosimy zamówić nowy.
OTP_LOCKED = Zbyt wiele błędnych prób. Prosimy odczekać pewien czas i zamówić nowy kod.
OTP_LIMIT = Zamówiono zbyt wiele kodów. Prosimy odczekać pewien czas przed zamówieniem kolejnego.
ALREADY_REGISTERED = Konto tego rodzaju dla tego numeru telefonu już istnieje. Prosimy się zalogować.
PHONE_TAKEN = Konto z tym numerem telefonu już istnieje.
TOO_MANY_ADDRESSES = Można zapisać najwyżej { $max ->
    [one] { $max } adres
    [few] { $max } adresy
   *[many] { $max } adresów
}.
COMPANY_NOT_FOUND = Nie znaleziono firmy o tym numerze NIP.
VAT_NOT_ACTIVE = Firma { $companyName } nie jest czynnym podatnikiem VAT (status w rejestrze: { $statusVat }).

## The shop's own people

BAD_CREDENTIALS = Nieprawidłowy adres e-mail lub hasło.
LOGIN_LOCKED = Zbyt wiele błędnych prób. Prosimy spróbować ponownie za jakiś czas.
EMAIL_TAKEN = Ten adres e-mail jest już używany przez inne konto.
LAST_OWNER = Sklep musi mieć co najmniej jednego właściciela, dlatego ostatniemu nie można odebrać uprawnień.

## Pictures

FILE_TOO_LARGE = Plik jest zbyt duży. Może mieć najwyżej { $maxMegabytes } MB.
IMAGE_INVALID = Nie udało się odczytać tego zdjęcia. Prosimy przesłać kompletny, nieruchomy obraz w formacie JPEG, PNG lub WebP.
IMAGE_TOO_LARGE = Zdjęcie jest zbyt duże. Każdy bok może mieć najwyżej { $maxSide } pikseli, a całość najwyżej { $maxMegapixels } megapikseli.

## Looking after the catalogue

CATEGORY_NOT_FOUND = Nie znaleźliśmy tej kategorii.
CATEGORY_NOT_EMPTY = W tej kategorii { $products ->
    [one] jest jeszcze { $products } produkt
    [few] są jeszcze { $products } produkty
   *[other] jest jeszcze { $products } produktów
}.
IMAGE_NOT_FOUND = Nie znaleźliśmy tego zdjęcia.
TOO_MANY_IMAGES = Produkt może mieć najwyżej { $max } zdjęć.
FILE_UNREADABLE = Nie udało się odczytać tego pliku. Prześlij plik CSV w kodowaniu UTF-8 albo skoroszyt XLSX.
TOO_MANY_ROWS = Plik ma za dużo wierszy. Może ich być najwyżej { $max }.
IMPORT_REFUSED = Niczego nie zaimportowano: błędy { $rows ->
    [one] są w { $rows } wierszu
   *[other] są w { $rows } wierszach
}.
IMPORT_NOT_FOUND = Nie znaleźliśmy tego importu.
IMPORT_TOO_OLD = Ten import jest zbyt stary, aby go cofnąć.
CHANGED_SINCE_IMPORT = Nie można cofnąć importu: od tego czasu { $products ->
    [one] zmieniono { $products } produkt
    [few] zmieniono { $products } produkty
   *[other] zmieniono { $products } produktów
}.

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
TOO_MANY_UNPAID_ORDERS = Na płatność { $limit ->
    [one] czeka { $limit } Twoje zamówienie
    [few] czekają { $limit } Twoje zamówienia
   *[other] czeka { $limit } Twoich zamówień
}. Najpierw opłać lub anuluj jedno z nich.
TOO_MANY_UNPAID_UNITS = W nieopłaconych zamówieniach możesz mieć najwyżej { $limit ->
    [one] { $limit } sztukę
    [few] { $limit } sztuki
   *[other] { $limit } sztuk
} jednego produktu.
ORDER_NOT_ON_ACCOUNT = To zamówienie nie jest płatne przelewem.
ORDER_CANNOT_BE_CANCELLED = Tego zamówienia nie można już anulować.
ORDER_CANNOT_BE_PAID = Za to zamówienie nie można już zapłacić.
TOO_MANY_PAYMENT_ATTEMPTS = Zbyt wiele prób zapłaty za to zamówienie. Złóż nowe zamówienie.
NOTHING_TO_REFUND = Przy tym zamówieniu nie pozostało nic do zwrotu.
REFUND_TOO_LARGE = Ta kwota jest wyższa niż pozostała do zwrotu.
REFUND_NOT_FOUND = Nie ma takiego zwrotu.
PAYMENT_EVENT_NOT_FOUND = Nie ma takiego zdarzenia płatności.
PAYMENT_METHOD_NOT_FOUND = Nie masz takiej zapisanej karty.
ORDER_STATUS_CONFLICT = W obecnym stanie zamówienia ta zmiana nie jest możliwa.
PAYMENT_UNDER_WAY = Bank nadal przetwarza płatność. Spróbuj ponownie za kilka minut.
TRACKING_NUMBER_TAKEN = Inna paczka ma już ten numer przesyłki.
STOCK_RESERVED = Część tych sztuk jest zarezerwowana dla zamówień i nie można ich zdjąć ze stanu.
SIGNATURE_INVALID = Podpis jest nieprawidłowy.

## One field

GUEST_SESSION_EXPIRED = Sesja gościa wygasła. Rozpocznij nową.
GUEST_SESSION_NOT_FOUND = Taka sesja gościa nie istnieje.
CART_ITEM_NOT_FOUND = Tej pozycji nie ma w koszyku.
FAVORITES_FULL = Możesz mieć najwyżej { $max } ulubionych produktów.

FIELD_REQUIRED = To pole jest wymagane.
FIELD_UNKNOWN = To pole nie jest znane.
FIELD_DUPLICATE = To pole można przesłać tylko raz.
FIELD_INVALID = Ta wartość jest nieprawidłowa.
FIELD_TOO_LONG = Można wpisać najwyżej { $max ->
    [one] { $max } znak
    [few] { $max } znaki
   *[many] { $max } znaków
}.
FIELD_TOO_SHORT = Wpisz co najmniej { $min ->
        [one] { $min } znak
        [few] { $min } znaki
       *[many] { $min } znaków
    }.
FIELD_RANGE = Prosimy podać wartość od { $min } do { $max }.
FIELD_PHONE = Prosimy podać prawidłowy numer telefonu z numerem kierunkowym kraju, na przykład +48501234567.
FIELD_COUNTRY = Ten kraj nie jest obsługiwany.
FIELD_EMAIL = Prosimy podać prawidłowy adres e-mail.
FIELD_NIP = Prosimy podać prawidłowy NIP (10 cyfr).
FIELD_POSTAL_CODE = Ten kod pocztowy nie jest prawidłowy dla wybranego kraju.
FIELD_MUST_ACCEPT = Aby kontynuować, należy wyrazić zgodę.
FIELD_LANGUAGE = Prosimy wybrać język: turecki (tr), angielski (en) lub polski (pl).
FIELD_SAME_PHONE = Ten numer jest już przypisany do konta.
FIELD_PASSWORD = Hasło musi mieć od 12 do 200 znaków.
FIELD_NOT_FOUND = Nie ma niczego o takiej nazwie.
FIELD_TAKEN = Ta wartość jest już używana gdzie indziej.
FIELD_PAST = Ten termin już minął.
FIELD_REPEATED = Ten sam kod jest już w innym wierszu pliku.
FIELD_STRAY = W tym wierszu są wartości poza nazwanymi kolumnami.
FIELD_HTML = Używaj wyłącznie Markdownu, bez HTML.
FIELD_LINK = Odnośniki mogą prowadzić tylko do stron internetowych, adresów e-mail, numerów telefonu i wewnątrz sklepu.
