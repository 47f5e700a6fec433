( set -eu
API={{API}}
STRIPE={{STRIPE}}
PHONE="+4850$(printf '%07d' $(( (RANDOM * 32768 + RANDOM) % 10000000 )))"
ask() { curl -sS --noproxy '*' --fail-with-body -H 'Content-Type: application/json' "$@"; }
field() {
  ANSWER=$(cat)
  VALUE=$(printf '%s' "$ANSWER" | grep -o "\"$1\":\"[^\"]*\"" | head -n 1 | cut -d '"' -f 4)
  if [ -z "$VALUE" ]; then echo "no $1 in the answer: $ANSWER" >&2; return 1; fi
  printf '%s' "$VALUE"
}

# Browse: the first product of which there is plenty, and as many of it as make 200 zloty.
PRODUCT=$(ask "$API/api/products?limit=50&lang=en" | sed 's/{"id":/\
&/g' | grep '"available":[1-9][0-9]\{2\}' | head -n 1)
PRODUCT_ID=$(printf '%s' "$PRODUCT" | field id)
PRICE=$(printf '%s' "$PRODUCT" | grep -o '"amount":[0-9]*' | head -n 1 | cut -d : -f 2)
MINIMUM=$(printf '%s' "$PRODUCT" | grep -o '"minQuantity":[0-9]*' | head -n 1 | cut -d : -f 2)
QUANTITY=$(( (20000 + PRICE - 1) / PRICE ))
if [ "$QUANTITY" -lt "$MINIMUM" ]; then QUANTITY=$MINIMUM; fi
echo "$QUANTITY x $(printf '%s' "$PRODUCT" | field name), $PRICE grosz each"

# Sign up: the one-time code goes to the development mailbox.
CHALLENGE=$(ask "$API/api/auth/send-otp" -d "{\"phoneNumber\":\"$PHONE\",\"userType\":\"individual\"}" | field challengeId)
CODE=
for _ in 1 2 3 4 5 6 7 8 9 10; do
  CODE=$(ask "$API/dev/sms?to=%2B${PHONE#+}" | grep -o '"text":"[^"]*"' | head -n 1 | grep -oE '[0-9]{6}' | head -n 1)
  if [ -n "$CODE" ]; then break; fi
  sleep 0.3
done
echo "$PHONE got the code $CODE"
REGISTRATION=$(ask "$API/api/auth/verify-otp" -d "{\"challengeId\":\"$CHALLENGE\",\"phoneNumber\":\"$PHONE\",\"code\":\"$CODE\"}" | field registrationToken)
TOKEN=$(ask "$API/api/complete-profile" -H "Authorization: Bearer $REGISTRATION" -d "{\"firstName\":\"Ada\",\"lastName\":\"Nowak\",\"email\":\"ada${PHONE#+}@example.com\",\"termsAccepted\":true,\"privacyAccepted\":true}" | field accessToken)

# Buy.
ask "$API/api/me/cart" -H "Authorization: Bearer $TOKEN" -d "{\"productId\":\"$PRODUCT_ID\",\"quantity\":$QUANTITY}" >/dev/null
ADDRESS=$(ask "$API/api/users/me/addresses" -H "Authorization: Bearer $TOKEN" -d '{"title":"Home","street":"Marszalkowska 1","city":"Warszawa","postalCode":"00-001","country":"PL"}' | field id)
PLACED=$(ask "$API/api/orders" -H "Authorization: Bearer $TOKEN" -H "Idempotency-Key: session-${PHONE#+}" -d "{\"shippingAddressId\":\"$ADDRESS\",\"paymentMethod\":\"card\"}")
ORDER_ID=$(printf '%s' "$PLACED" | grep -o '"order":{"id":"[^"]*"' | cut -d '"' -f 6)
INTENT=$(printf '%s' "$PLACED" | field clientSecret | sed 's/_secret_.*//')
echo "order $ORDER_ID is to be paid by $INTENT"

# Pay, as the customer's browser would at Stripe, and wait for Stripe's webhook to have worked.
curl -sS --noproxy '*' --fail-with-body -X POST "$STRIPE/control/payment_intents/$INTENT/succeed" >/dev/null
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  ORDER=$(ask "$API/api/orders/$ORDER_ID" -H "Authorization: Bearer $TOKEN")
  case "$ORDER" in *'"paymentStatus":"succeeded"'*) break ;; esac
  sleep 0.5
done
printf '%s\n' "$ORDER"
)
