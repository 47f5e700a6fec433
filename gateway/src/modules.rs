//! Every service of the shop, built once, in dependency order.

use std::sync::Arc;

use audit::Integrity;
use cache::{Cache, Limiter};
use catalog::CatalogService;
use content::ContentService;
use db::{Db, idempotency::Keys};
use http_kit::{Admit, Answers, Authenticate, JudgeGuests, Messages, StoredLanguage};
use identity::{GuestMigration, OtpService, SessionService, StaffService, TokenService};
use inventory::{StockKeeping, StockService, ports::Orders};
use kernel::Clock;
use media::Media;
use notification::{Mailbox, events::SendCode, ports::SmsSender};
use order::{OrderService, Ports};
use payment::{
    CardService, ClientConfig, PaymentService, WebhookSecrets,
    ports::{CardVault, PaymentProvider},
};
use shopping::{CartRules, CartService, FavoriteService, GuestService};
use user::{DeletionService, ExportService, UserService, ports::TaxRegister};

use crate::{
    auth::AuthenticateByToken,
    config::Config,
    guests::GuestsByToken,
    health::Dependencies,
    limits::Limits,
    wiring::{
        answers::AnswersInDb,
        catalog_inventory::AvailabilityForCatalog,
        identity_shopping::GuestsForIdentity,
        identity_user::AccountsForIdentity,
        inventory_catalog::ProductsForInventory,
        inventory_order::OrdersForInventory,
        languages::LanguagesOfUsers,
        messages::FluentMessages,
        order_catalog::CatalogForOrder,
        order_inventory::StockForOrder,
        order_payment::PaymentsForOrder,
        order_shopping::CartsForOrder,
        order_user::{AddressesForOrder, CompaniesForOrder},
        shopping_catalog::CatalogForShopping,
        user_identity::{CodesForUser, SessionsForUser},
        user_order::OrdersOfUser,
        user_payment::PaymentsOfUser,
        user_shopping::{CartOfUser, FavoritesOfUser},
    },
};

pub struct Modules {
    pub(crate) catalog: CatalogService,
    pub(crate) content: ContentService,
    pub(crate) stock: StockService,
    pub(crate) stock_keeping: StockKeeping,
    pub(crate) integrity: Integrity,
    pub(crate) carts: CartService,
    pub(crate) favorites: FavoriteService,
    pub(crate) guests: GuestService,
    pub(crate) guest_migration: GuestMigration,
    pub(crate) judge_guests: Arc<dyn JudgeGuests>,
    pub(crate) orders: OrderService,
    pub(crate) orders_for_inventory: Arc<dyn Orders>,
    pub(crate) payments: PaymentService,
    pub(crate) cards: CardService,
    pub(crate) webhook_secrets: WebhookSecrets,
    pub(crate) payment_client: ClientConfig,
    pub(crate) users: UserService,
    pub(crate) deletions: DeletionService,
    pub(crate) exports: ExportService,
    pub(crate) otp: OtpService,
    pub(crate) sessions: SessionService,
    pub(crate) staff: StaffService,
    pub(crate) db: Db,
    pub(crate) tokens: TokenService,
    /// Only where no real text messages are sent.
    pub(crate) mailbox: Option<Mailbox>,
    pub(crate) media: Media,
    pub(crate) send_code: SendCode,
    pub(crate) health: Dependencies,
    pub(crate) answers: Arc<dyn Answers>,
    pub(crate) messages: Arc<dyn Messages>,
    pub(crate) authenticate: Arc<dyn Authenticate>,
    pub(crate) admit: Arc<dyn Admit>,
    pub(crate) languages: Arc<dyn StoredLanguage>,
}

/// What stands below every domain.
#[derive(Clone)]
pub(crate) struct Platform {
    pub(crate) db: Db,
    pub(crate) cache: Cache,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) provider: Arc<dyn PaymentProvider>,
    pub(crate) vault: Arc<dyn CardVault>,
    pub(crate) tax_register: Arc<dyn TaxRegister>,
    /// None: the mailbox.
    pub(crate) sms: Option<Arc<dyn SmsSender>>,
    pub(crate) media: Media,
    pub(crate) health: Dependencies,
}

impl Modules {
    pub(crate) fn build(config: &Config, on: Platform) -> Self {
        let Platform { db, cache, clock, provider, vault, tax_register, sms, media, health } = on;
        let stock = StockService::new(db.clone(), cache.clone());
        let stock_api: Arc<StockService> = Arc::new(stock.clone());
        let catalog = CatalogService::new(
            db.clone(),
            clock.clone(),
            Arc::new(AvailabilityForCatalog(stock_api.clone())),
        );
        let catalog_api: Arc<CatalogService> = Arc::new(catalog.clone());
        let offers = Arc::new(CatalogForShopping::new(catalog_api.clone(), stock_api.clone()));
        let rules = CartRules { minimum_order: config.order.rules.minimum_order };
        let carts = CartService::new(db.clone(), clock.clone(), offers.clone(), rules);
        let favorites = FavoriteService::new(db.clone(), clock.clone(), offers);
        let guests = GuestService::new(db.clone(), clock.clone(), carts.clone());

        let products = Arc::new(ProductsForInventory(catalog_api.clone()));
        let stock_keeping = StockKeeping::new(stock.clone(), clock.clone(), products);

        let tokens = TokenService::new(clock.clone(), config.identity.signing_keys.clone());
        let sessions = SessionService::new(db.clone(), clock.clone(), tokens.clone());
        let sessions_for_user = Arc::new(SessionsForUser(Arc::new(sessions.clone())));
        let ports = user::Ports { sessions: sessions_for_user.clone(), tax_register };
        let users = UserService::new(db.clone(), cache.clone(), clock.clone(), ports);
        let users_api: Arc<UserService> = Arc::new(users.clone());
        let otp = OtpService::new(
            db.clone(),
            clock.clone(),
            (config.identity.pepper.clone(), config.identity.limits.clone()),
            (sessions.clone(), tokens.clone()),
            Arc::new(AccountsForIdentity(users_api.clone())),
        );
        let deletions = DeletionService::new(users.clone(), Arc::new(CodesForUser(Arc::new(otp.clone()))));

        let saved_cards = CardService::new(db.clone(), clock.clone(), vault);
        let payments = PaymentService::new(db.clone(), clock.clone(), provider, config.stripe.livemode())
            .reconciled_every(config.stripe.reconcile);
        let ports = Ports {
            carts: Arc::new(CartsForOrder(Arc::new(carts.clone()))),
            catalog: Arc::new(CatalogForOrder(catalog_api)),
            stock: Arc::new(StockForOrder(stock_api)),
            addresses: Arc::new(AddressesForOrder(users_api.clone())),
            companies: Arc::new(CompaniesForOrder(users_api.clone())),
            payments: Arc::new(PaymentsForOrder(Arc::new(payments.clone()))),
        };
        let rules = config.order.rules;
        let orders = OrderService::new(db.clone(), clock.clone(), ports, rules);
        let (orders_api, payments_api) = (Arc::new(orders.clone()), Arc::new(payments.clone()));
        let exports = ExportService::new(
            users.clone(),
            vec![
                sessions_for_user,
                Arc::new(CartOfUser(Arc::new(carts.clone()))),
                Arc::new(FavoritesOfUser(Arc::new(favorites.clone()))),
                Arc::new(OrdersOfUser(orders_api.clone())),
                Arc::new(PaymentsOfUser { orders: orders_api, payments: payments_api }),
            ],
        );
        let staff = StaffService::new(db.clone(), clock.clone(), sessions.clone());
        let mailbox = Mailbox::new(db.clone(), clock.clone());
        let (sms, mailbox): (Arc<dyn SmsSender>, _) = match sms {
            Some(provider) => (provider, None),
            None => (Arc::new(mailbox.clone()), Some(mailbox)),
        };
        let limiter = (config.rate_limit_factor > 0).then(|| Limiter::new(cache, config.rate_limit_factor));
        Self {
            content: ContentService::new(db.clone(), clock.clone()),
            orders_for_inventory: Arc::new(OrdersForInventory(Arc::new(orders.clone()))),
            webhook_secrets: config.stripe.webhook_secrets.clone(),
            payment_client: ClientConfig { publishable_key: config.stripe.publishable_key.clone() },
            send_code: SendCode::new(sms),
            guest_migration: GuestMigration(Arc::new(GuestsForIdentity(Arc::new(guests.clone())))),
            judge_guests: Arc::new(GuestsByToken(guests.clone())),
            answers: Arc::new(AnswersInDb { keys: Keys::new(db.clone()), clock }),
            messages: Arc::new(FluentMessages),
            authenticate: Arc::new(AuthenticateByToken(Arc::new(tokens.clone()))),
            admit: Arc::new(Limits(limiter)),
            languages: Arc::new(LanguagesOfUsers::new(users_api)),
            catalog,
            integrity: Integrity(vec![
                Arc::new(stock.clone()),
                Arc::new(orders.clone()),
                Arc::new(payments.clone()),
            ]),
            stock,
            stock_keeping,
            carts,
            favorites,
            guests,
            orders,
            payments,
            cards: saved_cards,
            users,
            deletions,
            exports,
            otp,
            sessions,
            staff,
            db,
            tokens,
            mailbox,
            media,
            health,
        }
    }
}
