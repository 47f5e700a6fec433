//! Many customers at once: written into the database as they would stand there, since a thousand who sign up by text
//! message would be a test of text messages.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use kernel::{Clock as _, SystemClock, id::UserId};
use serde_json::Value;

use crate::{Customer, Product, Shop, Visitor};

/// The gateway's own key, `JWT_SIGNING_KEYS`: thirty-two times `a`.
pub(crate) const KEY_ID: &str = "journey";
const SEED: [u8; 32] = [b'a'; 32];

impl Shop {
    /// So many customers with an address, who have this in their carts; each comes to the next of `doors`.
    pub async fn crowd(&self, size: usize, doors: &[&Visitor], cart: &[(&Product, u32)]) -> Vec<Customer> {
        let known = self.customer().await;
        let claims = claims_of(&known.access_token);
        let now = SystemClock.now();
        let users: Vec<UserId> = (0..size).map(|_| UserId::generate(now)).collect();
        let ids: Vec<String> = users.iter().map(ToString::to_string).collect();
        let lines = cart.iter().map(|(product, quantity)| {
            format!("('{}'::uuid, {quantity}, {}::bigint)", product.id, product.price)
        });
        let lines: Vec<String> = lines.collect();
        self.db
            .exec(&format!(
                "with crowd as (
                     insert into users.users (id, phone, user_type, first_name, last_name, email, language, created_at,
                                              updated_at)
                     select id, '+4860' || lpad((nth + (select count(*) from users.users))::text, 7, '0'), 'individual',
                            'Ada', 'Nowak', 'ada' || nth || '@example.com', 'en', now(), now()
                     from unnest('{{{}}}'::uuid[]) with ordinality u (id, nth)
                     returning id
                 ), homes as (
                     insert into users.addresses (id, user_id, title, street, city, postal_code, country,
                                                  is_default_delivery, is_default_billing, created_at, updated_at)
                     select id, id, 'Home', 'Marszałkowska 1', 'Warszawa', '00-001', 'PL', true, true, now(), now()
                     from crowd
                 ), carts as (
                     insert into shopping.carts (id, user_id, revision, created_at, updated_at)
                     select id, id, 1, now(), now() from crowd
                 )
                 insert into shopping.cart_items (id, cart_id, product_id, quantity, price_seen, added_at)
                 select gen_random_uuid(), c.id, l.product, l.quantity, l.price, now()
                 from crowd c cross join (values {}) l (product, quantity, price)",
                ids.join(","),
                lines.join(",")
            ))
            .await;
        let key = signing_key();
        let customer = |(nth, id): (usize, &String)| {
            let mut claims = claims.clone();
            claims["sub"] = Value::from(id.as_str());
            claims["sid"] = Value::from(id.as_str());
            let header = Header { kid: Some(KEY_ID.to_owned()), ..header_of(&known.access_token) };
            let token = jsonwebtoken::encode(&header, &claims, &key).unwrap();
            Customer::standing(doors[nth % doors.len()], &token, id)
        };
        ids.iter().enumerate().map(customer).collect()
    }
}

fn signing_key() -> EncodingKey {
    // PKCS #8 (RFC 8410) around an Ed25519 seed.
    let mut der =
        vec![0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    der.extend(SEED);
    EncodingKey::from_ed_der(&der)
}

fn header_of(token: &str) -> Header {
    let header = jsonwebtoken::decode_header(token).unwrap();
    assert_eq!(header.alg, Algorithm::EdDSA);
    header
}

fn claims_of(token: &str) -> Value {
    jsonwebtoken::dangerous::insecure_decode::<Value>(token).unwrap().claims
}
