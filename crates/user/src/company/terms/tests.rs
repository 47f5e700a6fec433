//! Terms of payment.

use kernel::{
    Actor, Clock as _, Limit, Role, UserType,
    id::{CompanyId, StaffId},
};

use crate::{
    UserError,
    api::UsersApi as _,
    testing::{NIP, PHONE, Shop, corporate_form, phone},
};

#[tokio::test]
async fn a_company_may_pay_by_transfer_once_somebody_has_approved_it() {
    let shop = Shop::open().await;
    let (user, _) = shop.users.register(corporate_form(PHONE), None).await.unwrap();
    let company = user.company.unwrap();
    assert_eq!(shop.users.payment_term_days(user.id).await.unwrap(), [0; 0]);

    let actor = Actor { staff: StaffId::generate(shop.clock.now()), role: Role::Finance };
    let put = shop.users.put_terms(actor, company.id, &[7, 21]).await.unwrap();
    assert_eq!((put.company.id, put.company.payment_term_days.as_slice()), (company.id, [7, 21].as_slice()));
    assert_eq!(shop.users.payment_term_days(user.id).await.unwrap(), [7, 21]);
    let profile = shop.users.profile(user.id).await.unwrap();
    assert_eq!(profile.company.unwrap().payment_term_days, [7, 21]);
    let (_, shown) = shop.users.sign_in(&phone(PHONE), UserType::Corporate).await.unwrap().unwrap();
    assert_eq!(shown["company"]["paymentTermDays"], serde_json::json!([7, 21]));

    shop.users.put_terms(actor, company.id, &[]).await.unwrap();
    assert_eq!(shop.users.payment_term_days(user.id).await.unwrap(), [0; 0]);
    assert_eq!(shop.count("audit.entries").await, 2);
    let nobody = shop.users.put_terms(actor, CompanyId::generate(shop.clock.now()), &[7]).await;
    assert!(matches!(nobody, Err(UserError::NotFound)));
    assert_eq!(shop.count("audit.entries").await, 2);
}

#[tokio::test]
async fn companies_are_found_by_their_number_and_an_individual_has_none() {
    let shop = Shop::open().await;
    let individual = shop.registered("+48501502510").await;
    assert_eq!(shop.users.payment_term_days(individual).await.unwrap(), [0; 0]);
    shop.users.register(corporate_form(PHONE), None).await.unwrap();
    for (nip, found) in [(Some(NIP), 1), (Some("5213641211"), 0), (None, 1)] {
        let listed = shop.users.list_companies(nip, None, Limit::default()).await.unwrap();
        assert_eq!(listed.len(), found, "{nip:?}");
    }
    let listed = shop.users.list_companies(None, None, Limit::default()).await.unwrap();
    let none = shop.users.list_companies(None, Some(listed[0].company.id), Limit::default()).await.unwrap();
    assert!(none.is_empty());
}
