//! The JSON of every event. A published event is read by jobs that were written before the next release: what stands
//! here may gain a field and never lose or change one.

use chrono::{DateTime, Utc};
use insta::assert_json_snapshot;
use kernel::{
    Language, Money,
    id::{CartId, ChallengeId, OrderId, PaymentId, ProductId, RefundId, UserId},
};
use serde_json::json;

use crate::{
    Event,
    identity::CodeRequested,
    inventory::{AvailabilityTurned, StockLow},
    order::{
        OrderEnd, OrderEnded, OrderOverdue, OrderPaid, OrderPlaced, OrderedLine, PaymentMethod, RefundCause,
        RefundDue,
    },
    payment::{
        DisputeOutcome, PaymentDisputed, PaymentFailed, PaymentMismatched, PaymentProgressed,
        PaymentRefunded, PaymentSucceeded, RefundFailed,
    },
    shopping::CartAbandoned,
    user::UserAnonymised,
};

/// The id that ends in `n`.
fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(n: u8) -> T {
    format!("019c0000-0000-7000-8000-0000000000{n:02x}").parse().unwrap()
}

fn order_id() -> OrderId {
    id(1)
}

fn payment_id() -> PaymentId {
    id(2)
}

/// The event, after it was checked to be read back as it was sent.
fn published<'a, E: Event + PartialEq + std::fmt::Debug>(event: &'a E, name: &str, aggregate: u8) -> &'a E {
    let json = serde_json::to_string(event).unwrap();
    assert_eq!(serde_json::from_str::<E>(&json).unwrap(), *event);
    assert_eq!((E::NAME, event.aggregate()), (name, id::<OrderId>(aggregate).to_string()));
    event
}

#[test]
fn a_cart_that_was_left_alone() {
    let event = CartAbandoned {
        cart_id: id::<CartId>(1),
        user_id: None,
        lines: vec![OrderedLine { product_id: id::<ProductId>(4), quantity: 2 }],
        value: Money::grosz(3_198),
        changed_at: DateTime::<Utc>::from_timestamp(1_784_715_300, 0).unwrap(),
    };
    assert_json_snapshot!(published(&event, "shopping.cart_abandoned.v1", 1), @r#"
    {
      "cartId": "019c0000-0000-7000-8000-000000000001",
      "userId": null,
      "lines": [
        {
          "productId": "019c0000-0000-7000-8000-000000000004",
          "quantity": 2
        }
      ],
      "value": {
        "amount": 3198,
        "currency": "PLN"
      },
      "changedAt": "2026-07-22T10:15:00Z"
    }
    "#);
}

#[test]
fn a_product_that_sold_out() {
    let event = AvailabilityTurned { product_id: id::<ProductId>(1), available: false, version: 7 };
    assert_json_snapshot!(published(&event, "inventory.availability_turned.v1", 1), @r#"
    {
      "productId": "019c0000-0000-7000-8000-000000000001",
      "available": false,
      "version": 7
    }
    "#);
}

#[test]
fn a_product_that_runs_low() {
    let event = StockLow { product_id: id::<ProductId>(1), available: 9, low_at: 10, version: 7 };
    assert_json_snapshot!(published(&event, "inventory.stock_low.v1", 1), @r#"
    {
      "productId": "019c0000-0000-7000-8000-000000000001",
      "available": 9,
      "lowAt": 10,
      "version": 7
    }
    "#);
}

#[test]
fn an_order_that_came_to_nothing() {
    let event = OrderEnded {
        order_id: order_id(),
        user_id: id::<UserId>(3),
        end: OrderEnd::Expired,
        paid: false,
        on_account: false,
    };
    assert_json_snapshot!(published(&event, "order.ended.v1", 1), @r#"
    {
      "orderId": "019c0000-0000-7000-8000-000000000001",
      "userId": "019c0000-0000-7000-8000-000000000003",
      "end": "expired",
      "paid": false,
      "onAccount": false
    }
    "#);
    // As it was told before there were orders on account.
    let before = r#"{"orderId":"019c0000-0000-7000-8000-000000000001","userId":"019c0000-0000-7000-8000-000000000003",
                     "end":"expired","paid":false}"#;
    assert_eq!(serde_json::from_str::<OrderEnded>(before).unwrap(), event);
}

#[test]
fn money_that_is_overdue() {
    let event = OrderOverdue {
        order_id: order_id(),
        user_id: id::<UserId>(3),
        total: Money::grosz(31_500),
        due_at: DateTime::<Utc>::from_timestamp(1_784_715_300, 0).unwrap(),
        hold_until: DateTime::<Utc>::from_timestamp(1_785_320_100, 0).unwrap(),
    };
    assert_json_snapshot!(published(&event, "order.overdue.v1", 1), @r#"
    {
      "orderId": "019c0000-0000-7000-8000-000000000001",
      "userId": "019c0000-0000-7000-8000-000000000003",
      "total": {
        "amount": 31500,
        "currency": "PLN"
      },
      "dueAt": "2026-07-22T10:15:00Z",
      "holdUntil": "2026-07-29T10:15:00Z"
    }
    "#);
}

#[test]
fn an_order_that_was_placed() {
    let event = OrderPlaced {
        order_id: order_id(),
        user_id: id::<UserId>(3),
        total: Money::grosz(31_500),
        method: PaymentMethod::BankTransfer,
        hold_until: DateTime::<Utc>::from_timestamp(1_784_715_300, 0).unwrap(),
    };
    assert_json_snapshot!(published(&event, "order.placed.v1", 1), @r#"
    {
      "orderId": "019c0000-0000-7000-8000-000000000001",
      "userId": "019c0000-0000-7000-8000-000000000003",
      "total": {
        "amount": 31500,
        "currency": "PLN"
      },
      "method": "bank_transfer",
      "holdUntil": "2026-07-22T10:15:00Z"
    }
    "#);
}

#[test]
fn an_order_that_was_paid() {
    let event = OrderPaid {
        order_id: order_id(),
        user_id: id::<UserId>(3),
        cart_id: id::<CartId>(4),
        lines: vec![OrderedLine { product_id: id::<ProductId>(5), quantity: 20 }],
    };
    assert_json_snapshot!(published(&event, "order.paid.v1", 1), @r#"
    {
      "orderId": "019c0000-0000-7000-8000-000000000001",
      "userId": "019c0000-0000-7000-8000-000000000003",
      "cartId": "019c0000-0000-7000-8000-000000000004",
      "lines": [
        {
          "productId": "019c0000-0000-7000-8000-000000000005",
          "quantity": 20
        }
      ]
    }
    "#);
}

#[test]
fn ways_to_pay() {
    use PaymentMethod::{BankTransfer, Blik, Card, P24};
    assert_eq!(json!([Card, Blik, P24, BankTransfer]), json!(["card", "blik", "p24", "bank_transfer"]));
}

#[test]
fn a_payment_that_succeeded() {
    let event =
        PaymentSucceeded { payment_id: payment_id(), order_id: order_id(), amount: Money::grosz(31_500) };
    assert_json_snapshot!(published(&event, "payment.succeeded.v1", 1), @r#"
    {
      "paymentId": "019c0000-0000-7000-8000-000000000002",
      "orderId": "019c0000-0000-7000-8000-000000000001",
      "amount": {
        "amount": 31500,
        "currency": "PLN"
      }
    }
    "#);
}

#[test]
fn a_payment_that_failed() {
    let reason = "card_declined".to_owned();
    let event = PaymentFailed { payment_id: payment_id(), order_id: order_id(), reason };
    assert_json_snapshot!(published(&event, "payment.failed.v1", 1), @r#"
    {
      "paymentId": "019c0000-0000-7000-8000-000000000002",
      "orderId": "019c0000-0000-7000-8000-000000000001",
      "reason": "card_declined"
    }
    "#);
}

#[test]
fn a_payment_that_does_not_add_up() {
    let differences = vec!["amount".to_owned(), "livemode".to_owned()];
    let event = PaymentMismatched { payment_id: payment_id(), order_id: order_id(), differences };
    assert_json_snapshot!(published(&event, "payment.mismatched.v1", 1), @r#"
    {
      "paymentId": "019c0000-0000-7000-8000-000000000002",
      "orderId": "019c0000-0000-7000-8000-000000000001",
      "differences": [
        "amount",
        "livemode"
      ]
    }
    "#);
}

#[test]
fn money_that_has_to_go_back() {
    for (cause, word) in
        [(RefundCause::Late, "late"), (RefundCause::Twice, "twice"), (RefundCause::Cancelled, "cancelled")]
    {
        assert_eq!((json!(cause), cause.as_str()), (json!(word), word));
    }
    let event = RefundDue { order_id: order_id(), payment_id: Some(payment_id()), cause: RefundCause::Twice };
    assert_json_snapshot!(published(&event, "order.refund_due.v1", 1), @r#"
    {
      "orderId": "019c0000-0000-7000-8000-000000000001",
      "paymentId": "019c0000-0000-7000-8000-000000000002",
      "cause": "twice"
    }
    "#);
}

#[test]
fn a_payment_on_its_way() {
    let event =
        PaymentProgressed { payment_id: payment_id(), order_id: order_id(), status: "processing".to_owned() };
    assert_json_snapshot!(published(&event, "payment.progressed.v1", 1), @r#"
    {
      "paymentId": "019c0000-0000-7000-8000-000000000002",
      "orderId": "019c0000-0000-7000-8000-000000000001",
      "status": "processing"
    }
    "#);
}

#[test]
fn money_that_has_gone_back() {
    let event = PaymentRefunded {
        payment_id: payment_id(),
        order_id: order_id(),
        paid: Money::grosz(31_500),
        refunded: Money::grosz(3_000),
        revision: 1,
    };
    assert_json_snapshot!(published(&event, "payment.refunded.v1", 1), @r#"
    {
      "paymentId": "019c0000-0000-7000-8000-000000000002",
      "orderId": "019c0000-0000-7000-8000-000000000001",
      "paid": {
        "amount": 31500,
        "currency": "PLN"
      },
      "refunded": {
        "amount": 3000,
        "currency": "PLN"
      },
      "revision": 1
    }
    "#);
}

#[test]
fn a_refund_that_came_to_nothing() {
    let event = RefundFailed {
        refund_id: id::<RefundId>(7),
        payment_id: payment_id(),
        order_id: order_id(),
        amount: Money::grosz(3_000),
        reason: "expired_or_canceled_card".to_owned(),
    };
    assert_json_snapshot!(published(&event, "payment.refund_failed.v1", 1), @r#"
    {
      "refundId": "019c0000-0000-7000-8000-000000000007",
      "paymentId": "019c0000-0000-7000-8000-000000000002",
      "orderId": "019c0000-0000-7000-8000-000000000001",
      "amount": {
        "amount": 3000,
        "currency": "PLN"
      },
      "reason": "expired_or_canceled_card"
    }
    "#);
}

#[test]
fn a_payment_that_is_disputed() {
    for (outcome, word) in
        [(DisputeOutcome::Opened, "opened"), (DisputeOutcome::Won, "won"), (DisputeOutcome::Lost, "lost")]
    {
        assert_eq!(json!(outcome), json!(word));
    }
    let event = PaymentDisputed {
        payment_id: payment_id(),
        order_id: order_id(),
        dispute: "du_1".to_owned(),
        outcome: DisputeOutcome::Opened,
        reason: "product_not_received".to_owned(),
    };
    assert_json_snapshot!(published(&event, "payment.disputed.v1", 1), @r#"
    {
      "paymentId": "019c0000-0000-7000-8000-000000000002",
      "orderId": "019c0000-0000-7000-8000-000000000001",
      "dispute": "du_1",
      "outcome": "opened",
      "reason": "product_not_received"
    }
    "#);
}

#[test]
fn a_code_that_was_asked_for() {
    let event = CodeRequested {
        challenge_id: id::<ChallengeId>(6),
        phone: "+48501502503".to_owned(),
        code: "123456".to_owned(),
        language: Language::Pl,
        expires_in_minutes: 5,
    };
    assert_json_snapshot!(published(&event, "identity.code_requested.v1", 6), @r#"
    {
      "challengeId": "019c0000-0000-7000-8000-000000000006",
      "phone": "+48501502503",
      "code": "123456",
      "language": "pl",
      "expiresInMinutes": 5
    }
    "#);
    let shown = format!("{event:?}");
    assert!(!shown.contains("123456") && !shown.contains("501502503"), "{shown}");
}

#[test]
fn a_user_who_was_forgotten() {
    let event = UserAnonymised { user_id: id::<UserId>(3) };
    assert_json_snapshot!(published(&event, "user.anonymised.v1", 3), @r#"
    {
      "userId": "019c0000-0000-7000-8000-000000000003"
    }
    "#);
}

#[test]
fn a_subscriber_reads_past_what_a_later_release_adds() {
    let mut json = json!({ "paymentId": payment_id(), "orderId": order_id(), "reason": "x" });
    json["attempt"] = json!(2);
    assert_eq!(serde_json::from_value::<PaymentFailed>(json).unwrap().reason, "x");
}
