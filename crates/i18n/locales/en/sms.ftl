# Text messages: only letters of the GSM-7 alphabet, so that each is one message of 160 characters.

otp-sms = Metropolitan: your code is { $code }. It is valid for { $minutes ->
    [one] { $minutes } minute
   *[other] { $minutes } minutes
}. Never share it with anyone.
