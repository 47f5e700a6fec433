# Text messages: only letters of the GSM-7 alphabet (no Polish letter with a mark is in it), so that each is one
# message of 160 characters.

otp-sms = Metropolitan: kod do logowania to { $code }. Jest aktywny przez { $minutes } min. Prosimy o zachowanie go w tajemnicy.
