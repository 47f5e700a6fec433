//! The shop, its customers and its provider.

mod money;
mod truth;

use std::{cmp::Reverse, collections::BinaryHeap};

use inventory::ReservationState;
use order::{OrderStatus, Transition};
use payment::PaymentStatus;

use crate::chance::Chance;

/// Milliseconds since the beginning.
type Time = u64;

const SECOND: Time = 1_000;
const MINUTE: Time = 60 * SECOND;
/// What each number below is in the shop: `RESERVATION_TTL_SECONDS`, how long a reservation waits for its order, when an
/// order's is looked at again, how often and by how much an order waits longer.
const HOLD: Time = 15 * MINUTE;
const UNHEARD: Time = 45 * SECOND;
const LOOK_AGAIN: Time = 10 * MINUTE;
const EXTENSIONS: u32 = 3;
const EXTENSION: Time = 10 * MINUTE;
const ORDERS: usize = 8;
/// By then everything has settled.
const END: Time = 210 * MINUTE;

/// What somebody could get wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mistake {
    None,
    EndWithoutStoppingThePayment,
    /// What the event said is taken for the truth, whatever has happened since.
    BelieveWebhooks,
    ReleaseTwice,
    ForgetOrphans,
    ReserveWithoutLooking,
    /// Late money that was sent back pays the order all the same when its job runs again.
    ForgetRefusals,
    /// What was called off after it was paid keeps its money.
    KeepTheMoney,
}

/// How the provider sees a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Intent {
    RequiresPaymentMethod,
    Processing,
    Failed,
    Succeeded,
    Canceled,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Happening {
    /// The request that places the order, at its nth step; a retry begins anew.
    Request {
        order: usize,
        step: u8,
    },
    CustomerPays {
        order: usize,
    },
    BankDecides {
        order: usize,
    },
    CustomerCancels {
        order: usize,
    },
    /// The payment was stopped; now the order is to be ended.
    End {
        order: usize,
        by: u8,
        paid: bool,
    },
    Webhook {
        order: usize,
        said: Intent,
    },
    StartPayment {
        order: usize,
    },
    MarkPaid {
        order: usize,
    },
    CommitStock {
        order: usize,
    },
    ReleaseStock {
        order: usize,
        gone: bool,
    },
    TakeLateMoney {
        order: usize,
    },
    Refund {
        order: usize,
    },
    Reaper,
    OrphanReaper,
}

#[derive(Debug, Clone, Copy)]
struct Reservation {
    state: ReservationState,
    expires: Time,
}

#[derive(Debug, Default)]
struct Order {
    product: usize,
    units: i64,
    status: Option<OrderStatus>,
    hold_until: Time,
    extensions: u32,
    reservation: Option<Reservation>,
    /// As the shop knows it; `None` before an attempt is made.
    payment: Option<PaymentStatus>,
    /// As the provider knows it.
    intent: Option<Intent>,
    told_paid: u32,
    /// Its bank took so long that it ended all the same.
    gave_up_on_the_bank: bool,
    /// Its late money is to go back.
    refused: bool,
    /// How often all of its money went back.
    refunds: u32,
}

pub(crate) struct World {
    now: Time,
    nth: u64,
    chance: Chance,
    mistake: Mistake,
    queue: BinaryHeap<Reverse<(Time, u64, Happening)>>,
    orders: Vec<Order>,
    /// On hand and reserved of each product.
    stock: Vec<(i64, i64)>,
    received: Vec<i64>,
    story: Vec<String>,
}

impl World {
    /// One seed's story, and what is wrong with how it ended.
    pub(crate) fn play(seed: u64, mistake: Mistake) -> (Result<(), String>, Vec<String>) {
        let mut world = Self::new(seed, mistake);
        let outcome = world.run();
        (outcome, world.story)
    }

    fn new(seed: u64, mistake: Mistake) -> Self {
        let mut chance = Chance(seed);
        let received: Vec<i64> = (0..2).map(|_| i64::try_from(chance.between(2, 7)).unwrap_or(3)).collect();
        let stock = received.iter().map(|units| (*units, 0)).collect();
        let mut world = Self {
            now: 0,
            nth: 0,
            chance,
            mistake,
            queue: BinaryHeap::new(),
            orders: Vec::new(),
            stock,
            received,
            story: Vec::new(),
        };
        for order in 0..ORDERS {
            let product = usize::try_from(world.chance.between(0, 1)).unwrap_or(0);
            let units = i64::try_from(world.chance.between(1, 3)).unwrap_or(1);
            world.orders.push(Order { product, units, ..Order::default() });
            // Some come when the first have given their units back.
            let by = if world.chance.percent(40) { 70 } else { 20 };
            world.later((0, by * MINUTE), Happening::Request { order, step: 0 });
            if world.chance.percent(30) {
                world.later((MINUTE, 60 * MINUTE), Happening::CustomerCancels { order });
            }
        }
        world.later((0, 10 * SECOND), Happening::Reaper);
        world.later((0, 10 * SECOND), Happening::OrphanReaper);
        world
    }

    fn run(&mut self) -> Result<(), String> {
        while let Some(Reverse((time, _, happening))) = self.queue.pop() {
            if time > END {
                break;
            }
            self.now = time;
            self.happen(happening);
            // It only asks others for more; what they do is looked at.
            if happening != Happening::Reaper {
                self.holds_always()?;
            }
        }
        self.holds_at_the_end()
    }

    fn later(&mut self, (least, most): (Time, Time), happening: Happening) {
        let after = self.chance.between(least, most);
        self.nth += 1;
        self.queue.push(Reverse((self.now + after, self.nth, happening)));
    }

    fn tell(&mut self, what: impl std::fmt::Display) {
        self.story.push(format!("{:>9} ms {what}", self.now));
    }

    /// A job is done once, some time after what asked for it; a process that dies in it is followed by another.
    fn job(&mut self, happening: Happening) {
        let slow = self.chance.percent(10);
        self.later(if slow { (SECOND, 3 * MINUTE) } else { (0, 2 * SECOND) }, happening);
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Request { order, step } => self.request(order, step),
            Happening::CustomerPays { order } => self.pays(order),
            Happening::BankDecides { order } => self.bank_decides(order),
            Happening::CustomerCancels { order } => self.cancels(order),
            Happening::End { order, by, paid } => {
                self.end(order, (if by == 0 { Transition::Expire } else { Transition::Cancel }, paid));
            }
            Happening::Webhook { order, said } => self.webhook(order, said),
            Happening::StartPayment { order } => self.start_payment(order),
            Happening::MarkPaid { order } => self.mark_paid(order),
            Happening::CommitStock { order } => self.settle(order, ReservationState::Committed),
            Happening::ReleaseStock { order, gone } => {
                self.settle(order, ReservationState::Released);
                if gone {
                    self.settle(order, ReservationState::Returned);
                }
            }
            Happening::TakeLateMoney { order } => self.take_late_money(order),
            Happening::Refund { order } => self.refund(order),
            Happening::Reaper => self.reap(),
            Happening::OrphanReaper => self.reap_orphans(),
        }
    }

    // ── Placing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// Reserve, write, start the payment; it may die before each, and be asked again or not.
    fn request(&mut self, order: usize, step: u8) {
        if self.chance.percent(6) {
            self.tell(format_args!("order {order}, step {step}: the process dies"));
            if self.chance.percent(70) {
                self.later((SECOND, 2 * MINUTE), Happening::Request { order, step: 0 });
            }
            return;
        }
        match step {
            0 if self.orders[order].status.is_some() => self.start_payment(order),
            0 => {
                if self.reserve(order) {
                    self.later((1, 200), Happening::Request { order, step: 1 });
                } else {
                    self.tell(format_args!("order {order}: is refused, sold out"));
                }
            }
            1 => {
                // Written once; a retry that comes by finds it.
                if self.orders[order].status.is_none() {
                    self.orders[order].status = Some(OrderStatus::PendingPayment);
                    self.orders[order].hold_until = self.now + HOLD;
                    self.tell(format_args!("order {order}: written"));
                    self.later((15 * SECOND, 16 * SECOND), Happening::StartPayment { order });
                }
                self.later((1, 200), Happening::Request { order, step: 2 });
            }
            _ => self.start_payment(order),
        }
    }

    /// `inventory.reserve`
    fn reserve(&mut self, order: usize) -> bool {
        let Order { product, units, reservation, .. } = &mut self.orders[order];
        if let Some(known) = reservation
            && matches!(known.state, ReservationState::Held | ReservationState::Committed)
        {
            known.expires = known.expires.max(self.now + UNHEARD);
            return true;
        }
        let (on_hand, reserved) = &mut self.stock[*product];
        if *on_hand - *reserved < *units && self.mistake != Mistake::ReserveWithoutLooking {
            return false;
        }
        *reserved += *units;
        *reservation = Some(Reservation { state: ReservationState::Held, expires: self.now + UNHEARD });
        true
    }

    /// `inventory.settle`
    fn settle(&mut self, order: usize, to: ReservationState) {
        let Order { product, units, reservation, .. } = &mut self.orders[order];
        let Some(reservation) = reservation else { return };
        let (before, after) = (reservation.state, reservation.state.settled(to));
        let again = self.mistake == Mistake::ReleaseTwice && before == to && to == ReservationState::Released;
        if before == after && !again {
            return;
        }
        reservation.state = after;
        let (on_hand, reserved) = &mut self.stock[*product];
        match after {
            ReservationState::Returned => *on_hand += *units,
            ReservationState::Committed => {
                *reserved -= *units;
                *on_hand -= *units;
            }
            _ => *reserved -= *units,
        }
    }

    // ── Paying ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// The intent is made once, by the request or by the event's job; its customer then pays, or does not.
    fn start_payment(&mut self, order: usize) {
        if self.orders[order].payment.is_some_and(|status| status != PaymentStatus::Creating) {
            return;
        }
        self.orders[order].payment = Some(PaymentStatus::Creating);
        if self.orders[order].intent.is_none() {
            self.orders[order].intent = Some(Intent::RequiresPaymentMethod);
            if self.chance.percent(85) {
                self.later((SECOND, 25 * MINUTE), Happening::CustomerPays { order });
            }
        }
        if self.chance.percent(10) {
            self.tell(format_args!("order {order}: the provider's answer is lost"));
            self.later((10 * SECOND, 30 * SECOND), Happening::StartPayment { order });
            return;
        }
        self.apply(order, self.orders[order].intent);
    }

    fn pays(&mut self, order: usize) {
        let to = match self.orders[order].intent {
            Some(Intent::RequiresPaymentMethod | Intent::Failed) => match self.chance.between(0, 9) {
                0..=1 => Intent::Failed,
                2..=4 => Intent::Processing,
                _ => Intent::Succeeded,
            },
            _ => return,
        };
        self.intent_becomes(order, to);
        match to {
            Intent::Processing => self.later((SECOND, 70 * MINUTE), Happening::BankDecides { order }),
            Intent::Failed if self.chance.percent(60) => {
                self.later((SECOND, 10 * MINUTE), Happening::CustomerPays { order });
            }
            _ => {}
        }
    }

    fn bank_decides(&mut self, order: usize) {
        if self.orders[order].intent == Some(Intent::Processing) {
            let to = if self.chance.percent(70) { Intent::Succeeded } else { Intent::Failed };
            self.intent_becomes(order, to);
        }
    }

    /// The provider tells of it: once, twice or late, in any order, but in the end it does.
    fn intent_becomes(&mut self, order: usize, to: Intent) {
        self.orders[order].intent = Some(to);
        self.tell(format_args!("order {order}: its intent is {to:?}"));
        for _ in 0..self.chance.between(1, 3) {
            let late = self.chance.percent(15);
            self.later(
                if late { (MINUTE, 50 * MINUTE) } else { (100, 5 * SECOND) },
                Happening::Webhook { order, said: to },
            );
        }
    }

    /// The event is a hint; the provider is asked how it stands now.
    fn webhook(&mut self, order: usize, said: Intent) {
        let truth = self.orders[order].intent;
        let believed = if self.mistake == Mistake::BelieveWebhooks { Some(said) } else { truth };
        if !self.apply(order, believed) {
            self.tell(format_args!("order {order}: an old webhook changes nothing"));
        }
    }

    /// What the provider says is taken over when it outranks what is known; a success is told of once.
    fn apply(&mut self, order: usize, intent: Option<Intent>) -> bool {
        let status = match intent {
            None => return false,
            Some(Intent::RequiresPaymentMethod) => PaymentStatus::RequiresPaymentMethod,
            Some(Intent::Processing) => PaymentStatus::Processing,
            Some(Intent::Failed) => PaymentStatus::Failed,
            Some(Intent::Canceled) => PaymentStatus::Canceled,
            Some(Intent::Succeeded) => PaymentStatus::Succeeded,
        };
        let believes = self.mistake == Mistake::BelieveWebhooks;
        let outranked = self.orders[order].payment.is_some_and(|known| status <= known);
        if outranked && !(believes && status != PaymentStatus::RequiresPaymentMethod) {
            return false;
        }
        self.orders[order].payment = Some(status);
        if status == PaymentStatus::Succeeded {
            self.orders[order].told_paid += 1;
            self.job(Happening::MarkPaid { order });
        }
        true
    }

    /// `UPDATE … WHERE status = ANY(from)`
    fn moves(&mut self, order: usize, transition: Transition) -> bool {
        let status = &mut self.orders[order].status;
        let can = status.is_some_and(|status| transition.from().contains(&status));
        if can {
            *status = Some(transition.to());
        }
        can
    }

    // ── Ending ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// First the payment is stopped, then, perhaps a while later, the order is ended.
    fn cancels(&mut self, order: usize) {
        if self.orders[order].status.is_some_and(OrderStatus::can_cancel) {
            let stopped = self.stop(order);
            if stopped != Stopped::UnderWay {
                let paid = stopped == Stopped::Paid;
                self.later((1, 3 * SECOND), Happening::End { order, by: 1, paid });
            }
        }
    }

    fn reap(&mut self) {
        for order in 0..ORDERS {
            let Order { status, hold_until, .. } = self.orders[order];
            if status != Some(OrderStatus::PendingPayment) || hold_until > self.now {
                continue;
            }
            match self.stop(order) {
                Stopped::Unpaid => self.later((1, 3 * SECOND), Happening::End { order, by: 0, paid: false }),
                Stopped::Paid => {}
                Stopped::UnderWay if self.orders[order].extensions < EXTENSIONS => {
                    self.orders[order].extensions += 1;
                    self.orders[order].hold_until = self.now + EXTENSION;
                    self.tell(format_args!("order {order}: gets more time"));
                }
                Stopped::UnderWay => {
                    self.orders[order].gave_up_on_the_bank = true;
                    self.end(order, (Transition::Expire, false));
                }
            }
        }
        self.later((10 * SECOND, 11 * SECOND), Happening::Reaper);
    }

    fn stop(&mut self, order: usize) -> Stopped {
        if self.mistake == Mistake::EndWithoutStoppingThePayment {
            return Stopped::Unpaid;
        }
        if self.orders[order].payment.is_none_or(|status| status == PaymentStatus::Creating) {
            self.start_payment(order);
        }
        match self.orders[order].intent {
            Some(Intent::Succeeded) => {
                self.apply(order, Some(Intent::Succeeded));
                Stopped::Paid
            }
            Some(Intent::Processing) => {
                self.apply(order, Some(Intent::Processing));
                Stopped::UnderWay
            }
            Some(Intent::Canceled) | None => Stopped::Unpaid,
            Some(Intent::RequiresPaymentMethod | Intent::Failed) => {
                self.intent_becomes(order, Intent::Canceled);
                self.apply(order, Some(Intent::Canceled));
                Stopped::Unpaid
            }
        }
    }

    fn end(&mut self, order: usize, (transition, paid): (Transition, bool)) {
        let paid = paid || self.orders[order].status.is_some_and(OrderStatus::is_paid);
        if self.moves(order, transition) {
            self.tell(format_args!("order {order}: {}", transition.to().as_str()));
            self.job(Happening::ReleaseStock { order, gone: paid });
            if self.mistake == Mistake::ReleaseTwice {
                self.job(Happening::ReleaseStock { order, gone: paid });
            }
            if paid && self.mistake != Mistake::KeepTheMoney {
                self.job(Happening::Refund { order });
            }
        }
    }

    fn reap_orphans(&mut self) {
        for order in 0..ORDERS {
            let Order { status, reservation, .. } = &mut self.orders[order];
            let Some(held) = reservation.as_mut().filter(|r| r.state == ReservationState::Held) else {
                continue;
            };
            if held.expires > self.now || self.mistake == Mistake::ForgetOrphans {
                continue;
            }
            if status.is_some() {
                held.expires = self.now + LOOK_AGAIN;
            } else {
                self.settle(order, ReservationState::Expired);
                self.tell(format_args!("order {order}: its reservation never became an order"));
            }
        }
        self.later((10 * SECOND, 11 * SECOND), Happening::OrphanReaper);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stopped {
    Unpaid,
    Paid,
    UnderWay,
}
