//! A large shop: every statement of what visitors do all day finds what it needs by an index.

use journeys::{Setup, Shop, eventually};
use reqwest::Method;
use serde_json::json;
use testkit::Meter;

/// A hundred thousand products, fifty thousand carts.
const LARGE: &str = "
    insert into catalog.products
        (id, code, slug, category_id, brand, size, quantity_per_box, in_stock, created_at, updated_at)
    select md5(n::text)::uuid, 'L' || n, 'l-' || n, '00000000-0000-7000-8000-00000000c001', 'Brand ' || n % 40, '500g',
           12, true, now(), now()
    from generate_series(1, 100000) n;
    insert into catalog.product_translations (product_id, language, name)
    select md5(n::text)::uuid, l, 'Peynir ' || l || ' ' || n % 500
    from generate_series(1, 100000) n, unnest(array['tr', 'en', 'pl']) l;
    insert into catalog.product_prices (product_id, user_type, gross_amount, min_quantity, valid_from)
    select md5(n::text)::uuid, t, 1000 + n % 3000, 1, now() - interval '1 day'
    from generate_series(1, 100000) n, unnest(array['individual', 'corporate']) t;
    insert into catalog.product_vat_rates (product_id, basis_points, valid_from)
    select md5(n::text)::uuid, 500, now() - interval '1 day' from generate_series(1, 100000) n;
    insert into catalog.product_images (id, product_id, position, url, thumbnail_url, created_at)
    select gen_random_uuid(), md5(n::text)::uuid, 0, '/media/' || n, '/media/t' || n, now()
    from generate_series(1, 100000) n;
    alter table inventory.stock disable trigger user;
    insert into inventory.stock (sku_id, on_hand, version, updated_at)
    select md5(n::text)::uuid, 1000, 1, now() from generate_series(1, 100000) n;
    alter table inventory.stock enable trigger user;
    insert into shopping.carts (id, user_id, revision, created_at, updated_at)
    select md5('cart' || n)::uuid, md5('user' || n)::uuid, 1, now(), now() from generate_series(1, 50000) n;
    insert into shopping.guests (id, token_hash, created_at, expires_at)
    select md5('guest' || n)::uuid, sha256(n::text::bytea), now(), now() + interval '7 days'
    from generate_series(1, 50000) n;
    insert into shopping.favorites (id, user_id, product_id, added_at)
    select gen_random_uuid(), md5('user' || n)::uuid, md5(m::text)::uuid, now()
    from generate_series(1, 20000) n, generate_series(1, 3) m;
    insert into shopping.favorites (id, guest_id, product_id, added_at)
    select gen_random_uuid(), md5('guest' || n)::uuid, md5(n::text)::uuid, now() from generate_series(1, 20000) n;
    insert into shopping.cart_items (id, cart_id, product_id, quantity, price_seen, added_at)
    select gen_random_uuid(), md5('cart' || n)::uuid, md5(m::text)::uuid, 1, 1000, now()
    from generate_series(1, 50000) n, generate_series(1, 3) m;";

/// The plan of a statement whatever its values, as EXPLAIN prints it.
const PLAN: &str = "
    create function plan_of(p_statement text, p_types oid[]) returns setof text language plpgsql as $$
    declare
        v_count int := coalesce(cardinality(p_types), 0);
        v_types text := (select string_agg(u.t::regtype::text, ', ' order by n)
                         from unnest(p_types) with ordinality u (t, n));
    begin
        set local plan_cache_mode = force_generic_plan;
        execute 'prepare judged' || coalesce('(' || v_types || ')', '') || ' as ' || p_statement;
        return query execute 'explain execute judged'
            || case when v_count > 0 then '(' || repeat('null, ', v_count - 1) || 'null)' else '' end;
        deallocate judged;
    end $$;
    analyze;";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_statement_of_every_day_reads_a_whole_table() {
    let (meter, shop) = large_shop().await;
    let customer = shop.customer().await.visitor().clone();
    let bought = customer.get("/api/products?limit=3").await.with_status(200).data();
    let ids: Vec<&str> = bought.as_array().unwrap().iter().filter_map(|item| item["id"].as_str()).collect();

    meter.statements();
    for path in [
        "/api/products?sort=name&brand=Brand%207&minPrice=1500",
        "/api/products?q=peynr%20tr",
        "/api/products/categories",
        "/api/products/suggestions?q=pey",
        "/api/products/L777",
        &format!("/api/products/{}", ids[0]),
        &format!("/api/products/{}/related", ids[0]),
        "/api/products/L778/related",
        "/api/me/cart",
    ] {
        customer.get(path).await.with_status(200);
    }
    for id in ids {
        customer.post("/api/me/cart", &json!({ "productId": id, "quantity": 8 })).await.with_status(200);
    }
    customer.get("/api/me/cart").await.with_status(200);
    let guest = shop.somebody_without_an_account().await;
    let wanted = json!({ "productId": bought[0]["id"], "quantity": 1 });
    guest.post("/api/guest/cart", &wanted).await.with_status(200);
    guest.post("/api/guest/cart", &wanted).await.with_status(200);
    guest.get("/api/guest/cart").await.with_status(200);
    let liked = json!({ "productId": bought[0]["id"] });
    for (visitor, path) in [(&customer, "/api/users/me/favorites"), (&guest, "/api/guest/favorites")] {
        visitor.post(path, &liked).await.with_status(201);
        visitor.get(path).await.with_status(200);
    }
    shop.db.exec("update catalog.products set brand = 'Another' where code = 'L1'").await;
    eventually("the new brand", async || {
        let found = customer.get("/api/products?brand=Another").await.with_status(200);
        (found.data().as_array().unwrap().len() == 1).then_some(())
    })
    .await;
    let statements = meter.statements();

    assert!(statements.len() > 10, "{statements:#?}");
    let mut findings = Vec::new();
    for statement in &statements {
        let text = &statement.text;
        let verbs = ["select", "insert", "update", "delete", "with"];
        if !verbs.iter().any(|verb| text.trim_start().to_lowercase().starts_with(verb)) {
            continue;
        }
        let ask = format!("select plan_of($s${text}$s$, array{:?}::oid[]) as line", statement.types);
        let plan = shop.db.lines(&ask).await;
        let whole = plan.iter().filter(|line| line.contains("Seq Scan on"));
        for line in whole {
            let table = line.split("Seq Scan on ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
            let rows = format!(
                "select reltuples from pg_class where oid = to_regclass('{table}') or relname = '{table}' order by reltuples desc limit 1"
            );
            if shop.db.number(&rows).await > 5_000 {
                findings.push(format!("{text}\n    reads all of {table}:\n{}", plan.join("\n")));
            }
        }
    }
    assert!(findings.is_empty(), "{}", findings.join("\n\n"));
}

async fn large_shop() -> (Meter, Shop) {
    let url = std::sync::Mutex::new(String::new());
    let mut shop = Setup::default()
        .prepare(|real| {
            real.clone_into(&mut url.lock().unwrap());
            real.to_owned()
        })
        .await;
    shop.db.exec(LARGE).await;
    shop.db.exec(PLAN).await;
    let real = url.into_inner().unwrap();
    let meter = Meter::before(&real).await;
    shop.gateway.set("DATABASE_URL", meter.url());
    shop.gateway.start().await;
    // Reading so many products takes this build, made for debugging, a while.
    for _ in 0..60 {
        if shop
            .guest()
            .try_to(Method::GET, "/api/products?limit=1", None)
            .await
            .is_ok_and(|a| a.status == 200)
        {
            break;
        }
    }
    (meter, shop)
}
