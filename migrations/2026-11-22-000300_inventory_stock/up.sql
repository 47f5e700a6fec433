create schema inventory;

create table inventory.stock (
    sku_id uuid primary key,
    on_hand int not null check (on_hand >= 0),
    reserved int not null default 0,
    version bigint not null,
    updated_at timestamptz not null,
    check (reserved between 0 and on_hand)
) with (fillfactor = 50);

create table inventory.reservations (
    id uuid primary key,
    order_id uuid not null unique,
    state text not null check (state in ('held', 'committed', 'released', 'expired')),
    -- Until the order is known to exist this is a minute away; afterwards it is the order's own deadline.
    expires_at timestamptz not null,
    created_at timestamptz not null,
    settled_at timestamptz,
    check ((state = 'held') = (settled_at is null))
);
create index reservations_held on inventory.reservations (expires_at) where state = 'held';

create table inventory.reservation_lines (
    reservation_id uuid not null references inventory.reservations on delete cascade,
    sku_id uuid not null references inventory.stock,
    quantity int not null check (quantity > 0),
    primary key (reservation_id, sku_id)
);
create index reservation_lines_sku on inventory.reservation_lines (sku_id);

-- Append-only: one movement a version, a chain without gaps.
create table inventory.stock_movements (
    sku_id uuid not null references inventory.stock,
    version bigint not null,
    kind text not null check (kind in ('receive', 'adjust', 'writeoff', 'reserve', 'commit', 'release', 'expire')),
    d_on_hand int not null,
    d_reserved int not null,
    on_hand_after int not null,
    reserved_after int not null,
    reservation_id uuid references inventory.reservations,
    actor text not null,
    reason text,
    at timestamptz not null,
    primary key (sku_id, version)
);
create index stock_movements_reservation on inventory.stock_movements (reservation_id) where reservation_id is not null;

-- Puts units aside for an order: all lines or none, in one round trip, once per order.
--
-- Every writer of stock takes its rows in ascending id, so no two of them can wait for each other in a circle.
-- A reservation that was given back is taken anew (late money); one that is held or committed stays as it is.
-- Returns {"state":"held"|"committed"|"different"} or {"state":"short","short":[{"sku","requested","available"}]}.
create function inventory.reserve(
    p_reservation uuid, p_order uuid, p_skus uuid[], p_quantities int[], p_expires timestamptz, p_now timestamptz
) returns jsonb language plpgsql as $$
declare
    v_known record;
    v_short jsonb;
    v_id uuid := p_reservation;
begin
    perform from inventory.stock s where s.sku_id = any (p_skus) order by s.sku_id for update;

    select r.id, r.state into v_known from inventory.reservations r where r.order_id = p_order for update;
    if v_known.state in ('held', 'committed') then
        -- The same order asking for something else is no repetition: what is held must be given back first.
        if exists (
            (select sku, sum(quantity)::int from unnest(p_skus, p_quantities) u (sku, quantity) group by sku)
            except
            (select l.sku_id, l.quantity from inventory.reservation_lines l where l.reservation_id = v_known.id)
        ) or (select count(distinct sku) from unnest(p_skus) u (sku)) <>
             (select count(*) from inventory.reservation_lines l where l.reservation_id = v_known.id)
        then
            return jsonb_build_object('state', 'different');
        end if;
        return jsonb_build_object('state', v_known.state);
    end if;

    select jsonb_agg(jsonb_build_object(
               'sku', w.sku, 'requested', w.quantity, 'available', coalesce(s.on_hand - s.reserved, 0)
           ) order by w.sku)
    into v_short
    from (select sku, sum(quantity)::int as quantity from unnest(p_skus, p_quantities) u (sku, quantity) group by sku) w
    left join inventory.stock s on s.sku_id = w.sku
    where coalesce(s.on_hand - s.reserved, 0) < w.quantity;
    if v_short is not null then
        return jsonb_build_object('state', 'short', 'short', v_short);
    end if;

    if v_known.id is null then
        insert into inventory.reservations (id, order_id, state, expires_at, created_at)
        values (v_id, p_order, 'held', p_expires, p_now);
    else
        v_id := v_known.id;
        update inventory.reservations set state = 'held', expires_at = p_expires, settled_at = null where id = v_id;
        delete from inventory.reservation_lines where reservation_id = v_id;
    end if;

    insert into inventory.reservation_lines (reservation_id, sku_id, quantity)
    select v_id, sku, sum(quantity)::int from unnest(p_skus, p_quantities) u (sku, quantity) group by sku;
    perform inventory.move(v_id, 'reserve', 0, 1, 'order', p_now);
    return jsonb_build_object('state', 'held');
end $$;

-- Ends a reservation: 'committed' takes the units out of the house, 'released' and 'expired' give them back.
-- Works from 'held' only: a second call changes nothing. Returns the state it is in now, null when there is none.
create function inventory.settle(p_order uuid, p_state text, p_now timestamptz) returns text language plpgsql as $$
declare
    v_id uuid;
    v_state text;
    v_kind text := case p_state when 'committed' then 'commit' when 'released' then 'release' else 'expire' end;
begin
    select id, state into v_id, v_state from inventory.reservations where order_id = p_order for update;
    if v_state is distinct from 'held' then
        return v_state;
    end if;
    perform from inventory.stock s join inventory.reservation_lines l using (sku_id)
    where l.reservation_id = v_id order by s.sku_id for update of s;
    update inventory.reservations set state = p_state, settled_at = p_now where id = v_id;
    perform inventory.move(v_id, v_kind, case v_kind when 'commit' then -1 else 0 end, -1, 'order', p_now);
    return p_state;
end $$;

-- Moves a reservation's units, `p_on_hand` and `p_reserved` times each, and writes the chain on.
create function inventory.move(
    p_reservation uuid, p_kind text, p_on_hand int, p_reserved int, p_actor text, p_now timestamptz
) returns void language sql as $$
    with moved as (
        update inventory.stock s
        set on_hand = s.on_hand + p_on_hand * l.quantity,
            reserved = s.reserved + p_reserved * l.quantity,
            version = s.version + 1,
            updated_at = p_now
        from inventory.reservation_lines l
        where l.reservation_id = p_reservation and s.sku_id = l.sku_id
        returning s.sku_id, s.version, l.quantity, s.on_hand, s.reserved
    )
    insert into inventory.stock_movements
        (sku_id, version, kind, d_on_hand, d_reserved, on_hand_after, reserved_after, reservation_id, actor, at)
    select sku_id, version, p_kind, p_on_hand * quantity, p_reserved * quantity, on_hand, reserved,
           p_reservation, p_actor, p_now
    from moved
$$;

-- What must never be: always empty.
create view inventory.integrity as
with chain as (
    select sku_id, count(*) as movements, max(version) as last, sum(d_on_hand) as on_hand, sum(d_reserved) as reserved
    from inventory.stock_movements group by sku_id
), held as (
    select l.sku_id, sum(l.quantity) as quantity
    from inventory.reservation_lines l join inventory.reservations r on r.id = l.reservation_id
    where r.state = 'held' group by l.sku_id
)
select s.sku_id, v.violation
from inventory.stock s
left join chain c using (sku_id)
left join held h using (sku_id)
cross join lateral (values
    ('on_hand is not the sum of its movements', s.on_hand is distinct from coalesce(c.on_hand, 0)),
    ('reserved is not the sum of its movements', s.reserved is distinct from coalesce(c.reserved, 0)),
    ('reserved is not the sum of held reservations', s.reserved is distinct from coalesce(h.quantity, 0)),
    ('version is not the number of movements', s.version is distinct from coalesce(c.movements, 0)),
    ('the chain of movements has a gap', c.last is distinct from c.movements)
) v (violation, broken)
where v.broken;
