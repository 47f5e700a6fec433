//! Money that comes by transfer.

use contracts::order::PaymentMethod;

use super::House;
use crate::{PaymentError, PaymentStatus, PaymentsApi as _, StartPayment, Stopped, ports::Method};

impl House {
    fn by_transfer(&self) -> StartPayment {
        StartPayment { method: Method::BankTransfer, ..self.request() }
    }
}

#[tokio::test]
async fn nobody_is_asked_for_money_that_comes_by_transfer() {
    let house = House::new().await;
    let request = house.by_transfer();
    let payment = house.payments.start(request).await.unwrap();
    assert_eq!((payment.status, payment.client_secret), (PaymentStatus::RequiresPaymentMethod, None));
    house.placed(request, PaymentMethod::BankTransfer).await.unwrap();
    assert!(house.till.keys.lock().unwrap().is_empty());
    assert_eq!(house.count("payments.payments").await, 1);
}

#[tokio::test]
async fn it_is_here_once_however_often_somebody_says_so() {
    let house = House::new().await;
    let request = house.by_transfer();
    for _ in 0..3 {
        let payment = house.payment(request).await.id;
        assert_eq!(house.payments.receive_transfer(request).await.unwrap(), Some(payment));
    }
    assert_eq!(house.told().await, [1, 0, 0]);
    assert_eq!(house.payments.stop(request).await.unwrap(), Stopped::Paid);
    assert_eq!(house.payment(request).await.status, PaymentStatus::Succeeded);
}

#[tokio::test]
async fn what_was_called_off_is_not_waited_for_any_more() {
    let house = House::new().await;
    let request = house.by_transfer();
    for _ in 0..2 {
        assert_eq!(house.payments.stop(request).await.unwrap(), Stopped::Unpaid);
    }
    assert_eq!(house.payments.receive_transfer(request).await.unwrap(), None);
    assert_eq!(house.told().await, [0, 0, 0]);
    let by_card = house.request();
    house.payments.start(by_card).await.unwrap();
    assert!(matches!(house.payments.receive_transfer(by_card).await, Err(PaymentError::NotByTransfer(_))));
}
