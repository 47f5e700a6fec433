//! Changing the number against a real PostgreSQL.

use chrono::TimeDelta;
use kernel::{Language, Phone, UserType, id::UserId};

use super::{Answers, SentCodes};
use crate::{
    IdentityError,
    api::{CodesApi as _, Judgement, Purpose, SessionsApi as _, TokensApi as _},
    testing::{NETWORK, Shop, other_than, phone},
};

const TYPE: UserType = UserType::Individual;

fn new_phone() -> Phone {
    "+48601602603".parse().unwrap()
}

impl Shop {
    fn customer(&self) -> UserId {
        let user = self.user();
        self.people.register(&phone(), TYPE, user);
        user
    }

    async fn ask(&self, user: UserId) -> SentCodes {
        self.codes.ask_to_change_phone((user, TYPE), &new_phone(), (Language::Pl, NETWORK)).await.unwrap()
    }

    async fn right(&self, sent: &SentCodes) -> Answers {
        let (old, new) = (sent.old.challenge, sent.new.challenge);
        Answers { old: (old, self.code(old).await), new: (new, self.code(new).await) }
    }
}

#[tokio::test]
async fn both_codes_change_the_number_and_sign_every_other_device_out() {
    let shop = Shop::open().await;
    let user = shop.customer();
    let before = shop.sessions.open(user, TYPE, None).await.unwrap();
    let sent = shop.ask(user).await;
    let to = "select payload->>'phone' from platform.outbox order by 1";
    assert_eq!(shop.db.lines(to).await, ["(+48501502503)", "(+48601602603)"]);
    let answers = shop.right(&sent).await;
    let after = shop.codes.change_phone((user, TYPE), answers, Some("a phone")).await.unwrap();
    assert_eq!(shop.people.find(&new_phone(), TYPE), Some(user));
    assert_eq!(shop.people.find(&phone(), TYPE), None);
    assert_eq!(shop.tokens.judge(&before.access_token), Judgement::Refused);
    let parted = "select epoch from identity.phones where phone = '+48501502503'";
    assert_eq!(shop.db.number(parted).await, 1, "who proved the old number a moment ago comes too late");
    assert!(matches!(shop.tokens.judge(&after.access_token), Judgement::Good(_)));
}

#[tokio::test]
async fn one_right_code_is_not_enough_whichever_it_is() {
    let shop = Shop::open().await;
    let user = shop.customer();
    let sent = shop.ask(user).await;
    let right = shop.right(&sent).await;
    let wrong = |answer: &(_, String)| (answer.0, other_than(&answer.1).to_owned());
    for answers in [
        Answers { old: wrong(&right.old), new: right.new.clone() },
        Answers { old: right.old.clone(), new: wrong(&right.new) },
        // One for the other: each serves its own purpose only.
        Answers { old: right.new.clone(), new: right.old.clone() },
        Answers { old: right.old.clone(), new: right.old.clone() },
    ] {
        let refused = shop.codes.change_phone((user, TYPE), answers, None).await;
        assert!(matches!(refused, Err(IdentityError::WrongCode)), "{refused:?}");
    }
    assert_eq!(shop.people.find(&phone(), TYPE), Some(user));
}

#[tokio::test]
async fn another_user_s_codes_serve_nobody_else_and_nothing_else() {
    let shop = Shop::open().await;
    let (user, thief) = (shop.customer(), shop.user());
    shop.people.register(&"+48511512513".parse().unwrap(), TYPE, thief);
    let sent = shop.ask(user).await;
    let answers = shop.right(&sent).await;
    let (old, code) = answers.old.clone();
    let stolen = shop.codes.change_phone((thief, TYPE), answers, None).await;
    assert!(matches!(stolen, Err(IdentityError::WrongCode)), "{stolen:?}");
    // Nor does it sign in, or delete the account.
    assert!(matches!(shop.guess(old, &phone(), &code).await, Err(IdentityError::WrongCode)));
    let delete = shop.codes.prove((Purpose::DeleteAccount, user), &phone(), old, &code).await;
    assert!(matches!(delete, Err(IdentityError::WrongCode)), "{delete:?}");
}

#[tokio::test]
async fn a_number_that_somebody_has_is_told_only_to_who_holds_it() {
    let shop = Shop::open().await;
    let user = shop.customer();
    shop.people.register(&new_phone(), TYPE, shop.user());
    let sent = shop.ask(user).await;
    let answers = shop.right(&sent).await;
    let taken = shop.codes.change_phone((user, TYPE), answers, None).await;
    assert!(matches!(taken, Err(IdentityError::PhoneTaken)), "{taken:?}");
    let same = shop.codes.ask_to_change_phone((user, TYPE), &phone(), (Language::Pl, NETWORK)).await;
    assert!(matches!(same, Err(IdentityError::SamePhone)), "{same:?}");
}

#[tokio::test]
async fn when_one_code_may_not_go_out_neither_does() {
    let shop = Shop::open().await;
    let user = shop.customer();
    shop.send(&new_phone()).await.unwrap();
    let refused = shop.codes.ask_to_change_phone((user, TYPE), &new_phone(), (Language::Pl, NETWORK)).await;
    assert!(matches!(refused, Err(IdentityError::SendLimit { .. })), "{refused:?}");
    assert_eq!(shop.count("platform.outbox").await, 1);
    shop.clock.advance(TimeDelta::minutes(1));
    shop.ask(user).await;
    assert_eq!(shop.count("platform.outbox").await, 3);
}
