with
ours as (select oid, nspname from pg_namespace where nspname in ({schemas})),
relations as (select c.*, n.nspname || '.' || c.relname as name from pg_class c join ours n on n.oid = c.relnamespace)
select format('schema %s %s', nspname, obj_description(oid)) from ours
union all
select format('relation %s %s %s %s %s', name, relkind, relpersistence, reloptions, obj_description(oid))
from relations where relkind not in ('i', 'I')
union all
-- By name: a column that was dropped and added again stands elsewhere, and nothing goes by where it stands.
select format('column %s %s %s null=%s %s%s %s %s', r.name, a.attname,
              format_type(a.atttypid, a.atttypmod), not a.attnotnull, a.attgenerated, a.attidentity,
              pg_get_expr(d.adbin, d.adrelid), col_description(r.oid, a.attnum))
from relations r
join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
left join pg_attrdef d on d.adrelid = r.oid and d.adnum = a.attnum
where r.relkind in ('r', 'p', 'v', 'm', 'c')
union all
select format('sequence %s %s %s %s %s %s %s', r.name, s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmin,
              s.seqmax, s.seqcycle)
from relations r join pg_sequence s on s.seqrelid = r.oid
union all
select format('constraint %s %s %s %s', coalesce(r.name, k.contypid::regtype::text), k.conname,
              pg_get_constraintdef(k.oid), k.convalidated)
from pg_constraint k join ours n on n.oid = k.connamespace left join relations r on r.oid = k.conrelid
union all
select format('index %s', pg_get_indexdef(i.indexrelid)) from pg_index i join relations r on r.oid = i.indrelid
union all
select format('statistics %s', pg_get_statisticsobjdef(s.oid)) from pg_statistic_ext s
join ours n on n.oid = s.stxnamespace
union all
select format('view %s %s', name, pg_get_viewdef(oid)) from relations where relkind in ('v', 'm')
union all
select format('trigger %s', pg_get_triggerdef(t.oid)) from pg_trigger t join relations r on r.oid = t.tgrelid
where not t.tgisinternal
union all
select format('rule %s', pg_get_ruledef(u.oid)) from pg_rewrite u join relations r on r.oid = u.ev_class
where r.relkind not in ('v', 'm')
union all
select format('function %s', case p.prokind when 'a' then p.oid::regprocedure::text else pg_get_functiondef(p.oid) end)
from pg_proc p join ours n on n.oid = p.pronamespace
union all
select format('type %s.%s %s %s', n.nspname, t.typname, t.typtype,
              (select string_agg(e.enumlabel, ',' order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid))
from pg_type t join ours n on n.oid = t.typnamespace where t.typtype in ('e', 'd', 'r')
union all
select format('extension %s', extname) from pg_extension where extname <> 'plpgsql'
order by 1
