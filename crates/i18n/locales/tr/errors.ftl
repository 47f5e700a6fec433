# What a refused request is told. The id is the error's code; arguments are its params.

## Any request

NOT_FOUND = Aradığınız şeyi bulamadık.
UNAUTHENTICATED = Devam etmek için lütfen giriş yapın.
FORBIDDEN = Bu işlem için yetkiniz yok.
METHOD_NOT_ALLOWED = Bu adres bu şekilde kullanılamaz.
MALFORMED_REQUEST = İsteğiniz anlaşılamadı.
MALFORMED_JSON = İstek geçerli bir JSON içermiyor.
BODY_TOO_LARGE = İstek çok büyük.
REQUEST_TIMEOUT = İstek zamanında ulaşmadı. Lütfen tekrar deneyin.
UNSUPPORTED_MEDIA_TYPE = Bu içerik türü desteklenmiyor.
VALIDATION_FAILED = Lütfen işaretli alanları kontrol edin.
RATE_LIMITED = Çok fazla istek gönderdiniz. Lütfen biraz bekleyip tekrar deneyin.
UNAVAILABLE = Hizmet şu anda kullanılamıyor. Lütfen biraz sonra tekrar deneyin.
INTERNAL = Bizden kaynaklanan bir sorun oluştu. Lütfen daha sonra tekrar deneyin.
NOT_IMPLEMENTED = Bu özellik henüz kullanıma açılmadı.
IDEMPOTENCY_KEY_REQUIRED = Bu istek için Idempotency-Key başlığı zorunludur.
IDEMPOTENCY_KEY_INVALID = Idempotency-Key başlığı 1 ile 255 karakter arasında olmalıdır.
IDEMPOTENCY_KEY_REUSED = Bu Idempotency-Key daha önce farklı bir istek için kullanılmış.
REQUEST_IN_PROGRESS = Aynı istek hâlâ işleniyor. Lütfen biraz bekleyin.
IF_MATCH_REQUIRED = Bu istek için If-Match başlığı gereklidir.
VERSION_OUTDATED = Bu kayıt bu arada değiştirildi. Lütfen yeniden yükleyip değişikliğinizi tekrarlayın.

## Signing in and the account

OTP_INVALID = Kod hatalı. Lütfen kontrol edip tekrar deneyin.
OTP_EXPIRED = Kodun süresi doldu. Lütfen yeni bir kod isteyin.
OTP_LOCKED = Çok fazla hatalı deneme yapıldı. Lütfen bir süre bekleyip yeni bir kod isteyin.
OTP_LIMIT = Çok fazla kod istendi. Lütfen yeni bir kod istemeden önce bir süre bekleyin.
ALREADY_REGISTERED = Bu telefon numarasıyla bu türde bir hesap zaten var. Lütfen giriş yapın.
PHONE_TAKEN = Bu telefon numarasıyla açılmış bir hesap zaten var.
TOO_MANY_ADDRESSES = En fazla { $max } adres kaydedebilirsiniz.
COMPANY_NOT_FOUND = Bu vergi numarasıyla kayıtlı bir firma bulamadık.
VAT_NOT_ACTIVE = { $companyName } firmasının KDV kaydı aktif değil (kayıttaki durum: { $statusVat }).

## The shop's own people

BAD_CREDENTIALS = E-posta adresi veya parola hatalı.
LOGIN_LOCKED = Çok fazla hatalı deneme yapıldı. Lütfen bir süre sonra yeniden deneyin.
EMAIL_TAKEN = Bu e-posta adresi başka bir hesapta kullanılıyor.
LAST_OWNER = Mağazanın en az bir sahibi olmalıdır; son sahibin yetkisi alınamaz.

## Pictures

FILE_TOO_LARGE = Dosya çok büyük. En fazla { $maxMegabytes } MB olabilir.
IMAGE_INVALID = Bu resmi okuyamadık. Lütfen eksiksiz ve hareketsiz bir JPEG, PNG veya WebP resmi gönderin.
IMAGE_TOO_LARGE = Resim çok büyük. Her kenarı en fazla { $maxSide } piksel, tamamı en fazla { $maxMegapixels } megapiksel olabilir.

## Looking after the catalogue

CATEGORY_NOT_FOUND = Bu kategoriyi bulamadık.
CATEGORY_NOT_EMPTY = Bu kategoride hâlâ { $products } ürün var.
IMAGE_NOT_FOUND = Bu görseli bulamadık.
TOO_MANY_IMAGES = Bir ürünün en fazla { $max } görseli olabilir.
FILE_UNREADABLE = Bu dosyayı okuyamadık. Lütfen UTF-8 kodlamalı bir CSV dosyası ya da bir XLSX çalışma kitabı gönderin.
TOO_MANY_ROWS = Dosyada çok fazla satır var. En fazla { $max } satır olabilir.
IMPORT_REFUSED = Hiçbir şey içe aktarılmadı: { $rows } satırda hata var.
IMPORT_NOT_FOUND = Bu içe aktarımı bulamadık.
IMPORT_TOO_OLD = Bu içe aktarım geri alınamayacak kadar eski.
CHANGED_SINCE_IMPORT = İçe aktarım geri alınamıyor: { $products } ürün o zamandan beri değiştirildi.

## Products and the cart

PRODUCT_NOT_FOUND = Bu ürünü bulamadık.
PRODUCT_UNAVAILABLE = Bu ürün şu anda satışta değil.
INSUFFICIENT_STOCK = Stokta yeterli ürün yok.
MIN_QUANTITY = Bu üründen en az { $minQuantity } adet almalısınız.
CART_FULL = Sepetinizde en fazla { $max } farklı ürün olabilir.
CART_EMPTY = Sepetiniz boş.
CART_ALREADY_ORDERED = Bu sepet için zaten sipariş verilmiş.

## Orders and payment

PRICE_CHANGED = Son baktığınızdan bu yana fiyatlar değişti. Lütfen sepetinizi kontrol edin.
MINIMUM_ORDER = En düşük sipariş tutarı { $required }. Sepetinizin tutarı { $current }.
ADDRESS_NOT_FOUND = Bu adresi bulamadık.
PAYMENT_METHOD_NOT_AVAILABLE = Bu ödeme yöntemi siparişiniz için kullanılamıyor.
ORDER_NOT_FOUND = Bu siparişi bulamadık.
TOO_MANY_UNPAID_ORDERS = Ödeme bekleyen { $limit } siparişiniz var. Önce birini ödeyin veya iptal edin.
TOO_MANY_UNPAID_UNITS = Henüz ödemediğiniz siparişlerde bir üründen en fazla { $limit } adet bulunabilir.
ORDER_NOT_ON_ACCOUNT = Bu sipariş havaleyle ödenmiyor.
ORDER_CANNOT_BE_CANCELLED = Bu sipariş artık iptal edilemez.
ORDER_CANNOT_BE_PAID = Bu sipariş için artık ödeme yapılamaz.
TOO_MANY_PAYMENT_ATTEMPTS = Bu sipariş için çok fazla ödeme denemesi yapıldı. Lütfen yeni bir sipariş verin.
NOTHING_TO_REFUND = Bu siparişte iade edilecek tutar kalmadı.
REFUND_TOO_LARGE = Bu tutar, iade edilebilecek kalan tutardan fazla.
REFUND_NOT_FOUND = Böyle bir iade yok.
PAYMENT_EVENT_NOT_FOUND = Böyle bir ödeme olayı yok.
PAYMENT_METHOD_NOT_FOUND = Bu kart kayıtlı kartlarınız arasında yok.
ORDER_STATUS_CONFLICT = Sipariş şu anki durumundan bu duruma geçirilemez.
PAYMENT_UNDER_WAY = Bankanız ödemeyi hâlâ işliyor. Lütfen birkaç dakika sonra yeniden deneyin.
TRACKING_NUMBER_TAKEN = Bu takip numarası başka bir gönderiye ait.
STOCK_RESERVED = Bu ürünlerin bir kısmı siparişler için ayrıldı; stoktan düşülemez.
SIGNATURE_INVALID = İmza geçerli değil.

## One field

GUEST_SESSION_EXPIRED = Misafir oturumunuz sona erdi. Lütfen yeni bir oturum başlatın.
GUEST_SESSION_NOT_FOUND = Böyle bir misafir oturumu yok.
CART_ITEM_NOT_FOUND = Bu ürün sepette yok.
FAVORITES_FULL = En fazla { $max } favori ürün ekleyebilirsiniz.

FIELD_REQUIRED = Bu alan zorunludur.
FIELD_UNKNOWN = Bu alan tanınmıyor.
FIELD_DUPLICATE = Bu alan yalnızca bir kez gönderilebilir.
FIELD_INVALID = Bu değer geçerli değil.
FIELD_TOO_LONG = Lütfen en fazla { $max } karakter girin.
FIELD_TOO_SHORT = En az { $min } karakter girin.
FIELD_RANGE = Lütfen { $min } ile { $max } arasında bir değer girin.
FIELD_PHONE = Lütfen ülke koduyla birlikte geçerli bir telefon numarası girin, örneğin +905301234567.
FIELD_COUNTRY = Bu ülke desteklenmiyor.
FIELD_EMAIL = Lütfen geçerli bir e-posta adresi girin.
FIELD_NIP = Lütfen geçerli bir NIP (10 haneli vergi numarası) girin.
FIELD_POSTAL_CODE = Bu posta kodu seçilen ülke için geçerli değil.
FIELD_MUST_ACCEPT = Devam etmek için onayınız gereklidir.
FIELD_LANGUAGE = Lütfen Türkçe (tr), İngilizce (en) veya Lehçe (pl) seçin.
FIELD_SAME_PHONE = Bu numara zaten hesabınızda kayıtlı.
FIELD_PASSWORD = Parola 12 ile 200 karakter arasında olmalıdır.
FIELD_NOT_FOUND = Bu adla bir kayıt yok.
FIELD_TAKEN = Bu değer başka bir kayıtta kullanılıyor.
FIELD_PAST = Bu zaman geçmişte kaldı.
FIELD_REPEATED = Dosyanın başka bir satırında da bu kod var.
FIELD_STRAY = Bu satırda adlandırılmış sütunların dışında değerler var.
FIELD_HTML = Lütfen HTML kullanmadan yalnızca Markdown yazın.
FIELD_LINK = Bağlantılar yalnızca web sayfalarına, e-posta adreslerine, telefon numaralarına ve mağazanın içine gidebilir.
