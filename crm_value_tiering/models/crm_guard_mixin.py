from odoo import api, models
from odoo.tools import SQL


class CrmGuardMixin(models.AbstractModel):
    """Rows that nobody changes once something was decided with them.

    The model refuses it in Python, with a sentence; this trigger refuses it to everybody
    else: superuser code, other modules, SQL. What somebody was paid for must be provable.

    The columns of an append-only row may be

    - ``_guard_free``: of no meaning to the figures,
    - ``_guard_erasable``: emptied, when what they refer to is deleted,
    - ``_guard_fillable``: filled in once.
    """

    _name = "crm.guard.mixin"
    _description = "Protected Rows"
    _guard_free = ("write_uid", "write_date")
    _guard_erasable = ()
    _guard_fillable = ()
    # Whether rows cannot be added either, once the condition is met.
    _guard_insert = True

    def init(self):
        if self._abstract:
            return
        name = SQL.identifier(f"{self._table}_guard")
        open_columns = (
            *self._guard_free, *self._guard_erasable, *self._guard_fillable
        )  # fmt: skip
        changed = [
            SQL("(to_jsonb(NEW) - %(open)s) IS DISTINCT FROM (to_jsonb(OLD) - %(open)s)",
                open=SQL("%s::text[]", list(open_columns))),
            *(
                SQL("(NEW.%(c)s IS NOT NULL AND NEW.%(c)s IS DISTINCT FROM OLD.%(c)s)",
                    c=SQL.identifier(column))
                for column in self._guard_erasable
            ),
            *(
                SQL("(OLD.%(c)s IS NOT NULL AND NEW.%(c)s IS DISTINCT FROM OLD.%(c)s)",
                    c=SQL.identifier(column))
                for column in self._guard_fillable
            ),
            *self._get_guard_changes(),
        ]  # fmt: skip
        self.env.cr.execute(
            SQL(
                """
                CREATE OR REPLACE FUNCTION %(name)s() RETURNS trigger
                LANGUAGE plpgsql AS $guard$
                BEGIN
                    IF TG_OP = 'INSERT' THEN
                        IF %(insert)s AND %(new)s THEN
                            RAISE EXCEPTION '%% is closed: nothing can be added.',
                                TG_TABLE_NAME;
                        END IF;
                        RETURN NEW;
                    END IF;
                    IF %(old)s THEN
                        IF TG_OP = 'DELETE' THEN
                            RAISE EXCEPTION 'Row %% of %% is closed and stays.',
                                OLD.id, TG_TABLE_NAME;
                        END IF;
                        IF %(changed)s THEN
                            RAISE EXCEPTION 'Row %% of %% is closed and cannot change.',
                                OLD.id, TG_TABLE_NAME;
                        END IF;
                    ELSIF TG_OP = 'UPDATE' AND %(insert)s AND %(new)s THEN
                        RAISE EXCEPTION '%% is closed: nothing can be moved there.',
                            TG_TABLE_NAME;
                    END IF;
                    IF TG_OP = 'DELETE' THEN
                        RETURN OLD;
                    END IF;
                    RETURN NEW;
                END $guard$
                """,
                name=name,
                old=self._get_guard_sql("OLD"),
                new=self._get_guard_sql("NEW"),
                insert=self._guard_insert,
                changed=SQL("(%s)", SQL(" OR ").join(changed)),
            )
        )
        self.env.cr.execute(
            SQL(
                """
                DROP TRIGGER IF EXISTS %(name)s ON %(table)s;
                CREATE TRIGGER %(name)s BEFORE INSERT OR UPDATE OR DELETE ON %(table)s
                   FOR EACH ROW EXECUTE FUNCTION %(name)s()
                """,
                name=name,
                table=SQL.identifier(self._table),
            )
        )

    @api.model
    def _get_guard_sql(self, row):
        """Hook: whether a row is closed, as SQL; ``row`` is ``OLD`` or ``NEW``."""
        raise NotImplementedError

    @api.model
    def _get_guard_changes(self):
        """Hook: further changes of ``OLD`` to ``NEW`` that are refused, a list of SQL."""
        return []
