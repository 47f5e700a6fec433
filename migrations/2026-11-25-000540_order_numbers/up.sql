-- The next order number, `ORD-2026-000123`: drawn by the statement that writes the order, so that it costs no question
-- of its own and a refusal takes none. More than six digits are written in full.
create function orders.next_number(p_at timestamptz) returns text language plpgsql as $$
declare
    v_n text := nextval('orders.order_numbers');
begin
    return 'ORD-' || extract(year from p_at at time zone 'UTC') || '-' || lpad(v_n, greatest(6, length(v_n)), '0');
end $$;
