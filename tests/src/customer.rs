//! Somebody with an account, who buys.

use serde_json::{Value, json};

use crate::{Answer, PATIENCE, Product, Visitor, eventually};

/// A signed-in customer with an address.
pub struct Customer {
    visitor: Visitor,
    pub phone: String,
    pub access_token: String,
    pub refresh_token: String,
    address: String,
}

/// An order that was answered 201.
#[derive(Debug, Clone)]
pub struct Placed {
    pub id: String,
    pub number: String,
    /// Stripe's id of the payment.
    pub intent: String,
    pub gross: i64,
}

impl Visitor {
    /// Asks for a code and answers the challenge's id.
    pub async fn asks_for_a_code(&self, phone: &str) -> String {
        self.asks_for_a_code_as("individual", phone).await
    }

    async fn asks_for_a_code_as(&self, user_type: &str, phone: &str) -> String {
        let body = json!({ "phoneNumber": phone, "userType": user_type });
        let sent = self.post("/api/auth/send-otp", &body).await.with_status(202).data();
        text(&sent["challengeId"])
    }

    /// The text messages to a number, newest first.
    pub async fn texts(&self, phone: &str) -> Vec<String> {
        let path = format!("/dev/sms?to=%2B{}", &phone[1..]);
        let messages = self.get(&path).await.with_status(200).data();
        messages.as_array().unwrap().iter().map(|message| text(&message["text"])).collect()
    }

    /// The newest text message to a number, once there are more than `known`.
    pub async fn receives_another_text(&self, phone: &str, known: usize) -> String {
        eventually("a text message", async || {
            let messages = self.texts(phone).await;
            messages.first().filter(|_| messages.len() > known).cloned()
        })
        .await
    }

    /// The newest text message to a number, once there is one.
    pub async fn receives_a_text(&self, phone: &str) -> String {
        self.receives_another_text(phone, 0).await
    }

    /// Proves to have the phone; what `verify-otp` answers.
    pub async fn proves(&self, phone: &str) -> Value {
        self.proves_as("individual", phone).await
    }

    /// The same, for the account of that type.
    pub async fn proves_as(&self, user_type: &str, phone: &str) -> Value {
        let known = self.texts(phone).await.len();
        let challenge = self.asks_for_a_code_as(user_type, phone).await;
        let code = code_in(&self.receives_another_text(phone, known).await);
        let body = json!({ "challengeId": challenge, "phoneNumber": phone, "code": code });
        self.post("/api/auth/verify-otp", &body).await.with_status(200).data()
    }

    /// Proves to have a new phone; the registration token.
    pub async fn may_register(&self, phone: &str) -> String {
        let proved = self.proves(phone).await;
        assert_eq!(proved["status"], "registration_required", "{proved}");
        text(&proved["registrationToken"])
    }
}

impl Customer {
    /// By text message, as anybody would.
    pub(crate) async fn signs_up(visitor: &Visitor, phone: String) -> Self {
        let token = visitor.may_register(&phone).await;
        let body = json!({
            "firstName": "Ada", "lastName": "Nowak", "email": format!("ada{}@example.com", &phone[1..]),
            "termsAccepted": true, "privacyAccepted": true,
        });
        let signed = visitor.bearing(&token).post("/api/complete-profile", &body).await;
        let signed = signed.with_status(201).data();
        let access_token = text(&signed["accessToken"]);
        let visitor = visitor.bearing(&access_token);
        let home = json!({
            "title": "Home", "street": "Marszałkowska 1", "city": "Warszawa", "postalCode": "00-001", "country": "PL",
        });
        let address = visitor.post("/api/users/me/addresses", &home).await.with_status(201).data();
        Self {
            visitor,
            phone,
            access_token,
            refresh_token: text(&signed["refreshToken"]),
            address: text(&address["id"]),
        }
    }

    /// Who was there before the test: at this door, with this token, and with an address of that id.
    pub(crate) fn standing(door: &Visitor, token: &str, address: &str) -> Self {
        Self {
            visitor: door.bearing(token),
            phone: String::new(),
            access_token: token.to_owned(),
            refresh_token: String::new(),
            address: address.to_owned(),
        }
    }

    /// For what has no verb of its own.
    pub fn visitor(&self) -> &Visitor {
        &self.visitor
    }

    pub async fn adds(&self, product: &Product, quantity: u32) -> Answer {
        let body = json!({ "productId": product.id, "quantity": quantity });
        self.visitor.post("/api/me/cart", &body).await
    }

    pub async fn cart(&self) -> Value {
        self.visitor.get("/api/me/cart").await.with_status(200).data()
    }

    /// Sends the cart, under a key of its own.
    pub async fn orders(&self) -> Answer {
        self.orders_under(&testkit::unique("key")).await
    }

    pub async fn orders_under(&self, key: &str) -> Answer {
        self.orders_saying(key, &self.order_form()).await
    }

    pub async fn orders_saying(&self, key: &str, form: &Value) -> Answer {
        self.visitor.with("idempotency-key", key).post("/api/orders", form).await
    }

    pub fn order_form(&self) -> Value {
        json!({ "shippingAddressId": self.address, "paymentMethod": "card" })
    }

    /// Sends the cart and is answered with an order.
    pub async fn places_an_order(&self) -> Placed {
        Placed::of(&self.orders().await.with_status(201).data())
    }

    pub async fn order(&self, placed: &Placed) -> Value {
        self.visitor.get(&format!("/api/orders/{}", placed.id)).await.with_status(200).data()
    }

    /// The order, once its payment stands so.
    pub async fn sees_payment(&self, status: &str, placed: &Placed) -> Value {
        eventually(&format!("the payment of {} is {status}", placed.number), async || {
            Some(self.order(placed).await).filter(|order| order["paymentStatus"] == status)
        })
        .await
    }

    /// The event of the payment has emptied the cart.
    pub async fn sees_an_empty_cart(&self) {
        eventually("the cart is empty", async || (self.cart().await["items"] == json!([])).then_some(()))
            .await;
    }
}

impl Placed {
    /// The same, where the payment may not have been started yet.
    pub fn of_any(data: &Value) -> Self {
        let secret = data["payment"]["clientSecret"].as_str().unwrap_or_default();
        Self {
            id: text(&data["order"]["id"]),
            number: text(&data["order"]["number"]),
            intent: secret.split("_secret_").next().unwrap_or_default().to_owned(),
            gross: data["order"]["totals"]["gross"]["amount"].as_i64().unwrap(),
        }
    }

    /// From the `data` of the answer that placed it.
    pub fn of(data: &Value) -> Self {
        let placed = Self::of_any(data);
        assert!(!placed.intent.is_empty(), "{data}");
        placed
    }
}

/// Asks under the same key until the request that was cut off has given it up.
pub async fn finished(customer: &Customer, key: &str) -> Placed {
    // A lease of 20 s may have to run out first.
    for _ in 0..2 {
        let asked = tokio::time::timeout(PATIENCE, async {
            loop {
                let answer = customer.orders_under(key).await;
                if answer.status == 201 {
                    return Placed::of(&answer.data());
                }
                assert_eq!(answer.refusal(), (409, "REQUEST_IN_PROGRESS".to_owned()));
                let wait = std::time::Duration::from_secs(answer.number("retry-after"));
                tokio::time::sleep(wait).await;
            }
        });
        if let Ok(placed) = asked.await {
            return placed;
        }
    }
    panic!("the order of {} was never finished", customer.phone);
}

/// The six digits of a text message.
#[track_caller]
pub fn code_in(message: &str) -> String {
    let code = message.split(|c: char| !c.is_ascii_digit()).find(|word| word.len() == 6);
    code.unwrap_or_else(|| panic!("no code: {message}")).to_owned()
}

#[track_caller]
fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}
