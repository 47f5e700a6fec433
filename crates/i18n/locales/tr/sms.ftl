# Text messages: only letters of the GSM-7 alphabet (ö and ü are in it; ç, ğ, ı and ş are not), so that each is
# one message of 160 characters.

otp-sms = Metropolitan: onay kodunuz { $code }. Kodun süresi { $minutes } dakika sonra dolar. Kodu kimseye vermeyin.
