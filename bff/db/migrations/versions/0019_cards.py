"""Applications for credit cards, cards, their accounts with ledger and bills, repayments.

Revision: 0019
Follows: 0018
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

import bff.db.base

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "card_production",
        sa.Column("sequence", sa.String(length=128), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("tail", sa.String(length=4), nullable=False),
        sa.Column("ordered_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_card_production")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    op.create_table(
        "card_account",
        sa.Column("account_id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("application_id", sa.String(length=40), nullable=False),
        sa.Column("product", sa.String(length=64), nullable=False),
        sa.Column("product_version", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("line_fen", sa.BigInteger(), nullable=False),
        sa.Column("principal_fen", sa.BigInteger(), nullable=False),
        sa.Column("cash_fen", sa.BigInteger(), nullable=False),
        sa.Column("interest_fen", sa.BigInteger(), nullable=False),
        sa.Column("fee_fen", sa.BigInteger(), nullable=False),
        sa.Column("held_fen", sa.BigInteger(), nullable=False),
        sa.Column("repaying_fen", sa.BigInteger(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("billing_day", sa.Integer(), nullable=False),
        sa.Column("next_close", sa.Date(), nullable=True),
        sa.Column("fee_year", sa.Integer(), nullable=False),
        sa.Column("overdue_since", sa.Date(), nullable=True),
        sa.Column("opened_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("activated_at", bff.db.base.UtcDateTime(), nullable=True),
        sa.CheckConstraint("held_fen >= 0 AND repaying_fen >= 0", name=op.f("ck_card_account_not_negative")),
        sa.CheckConstraint(
            "principal_fen + cash_fen + held_fen <= line_fen", name=op.f("ck_card_account_within_the_line")
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_card_account_customer_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_card_account")),
        sa.UniqueConstraint("application_id", name=op.f("uq_card_account_application_id")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("card_account", schema=None) as batch_op:
        batch_op.create_index("ix_card_account_customer", ["customer_id"], unique=False)
        batch_op.create_index("ix_card_account_next_close", ["next_close", "account_id"], unique=False)

    op.create_table(
        "card_application",
        sa.Column("application_id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("device_id", sa.String(length=40), nullable=False),
        sa.Column("product", sa.String(length=64), nullable=False),
        sa.Column("product_version", sa.String(length=64), nullable=False),
        sa.Column("form_version", sa.String(length=64), nullable=False),
        sa.Column("rule_version", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("live_key", sa.String(length=110), nullable=True),
        sa.Column(
            "bureau",
            sa.LargeBinary().with_variant(mysql.LONGBLOB(), "mariadb").with_variant(mysql.LONGBLOB(), "mysql"),
            nullable=True,
        ),
        sa.Column("line_fen", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column(
            "asked",
            sa.Text().with_variant(mysql.LONGTEXT(), "mariadb").with_variant(mysql.LONGTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column("card_id", sa.String(length=40), nullable=True),
        sa.Column("created_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("updated_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("expires_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("submitted_at", bff.db.base.UtcDateTime(), nullable=True),
        sa.Column("decided_at", bff.db.base.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.customer_id"], name=op.f("fk_card_application_customer_id")
        ),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_card_application")),
        sa.UniqueConstraint("live_key", name=op.f("uq_card_application_live_key")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("card_application", schema=None) as batch_op:
        batch_op.create_index("ix_card_application_customer", ["customer_id", "created_at"], unique=False)
        batch_op.create_index("ix_card_application_state", ["state", "submitted_at"], unique=False)

    op.create_table(
        "card_authorisation",
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=40), nullable=False),
        sa.Column("card_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("merchant", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("expires_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["card_account.account_id"], name=op.f("fk_card_authorisation_account_id")
        ),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_card_authorisation")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("card_authorisation", schema=None) as batch_op:
        batch_op.create_index("ix_card_authorisation_account", ["account_id", "day"], unique=False)
        batch_op.create_index("ix_card_authorisation_state", ["state", "expires_at"], unique=False)

    op.create_table(
        "card_autopay",
        sa.Column("agreement_id", sa.String(length=40), nullable=False),
        sa.Column("account_id", sa.String(length=40), nullable=False),
        sa.Column("live_key", sa.String(length=40), nullable=True),
        sa.Column("payer_account_id", sa.String(length=40), nullable=False),
        sa.Column("payer", sa.String(length=64), nullable=False),
        sa.Column("share", sa.String(length=64), nullable=False),
        sa.Column("signed_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("ended_at", bff.db.base.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["card_account.account_id"], name=op.f("fk_card_autopay_account_id")),
        sa.PrimaryKeyConstraint("agreement_id", name=op.f("pk_card_autopay")),
        sa.UniqueConstraint("live_key", name=op.f("uq_card_autopay_live_key")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("card_autopay", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_card_autopay_account_id"), ["account_id"], unique=False)

    op.create_table(
        "card_consent",
        sa.Column("application_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("given_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["card_application.application_id"], name=op.f("fk_card_consent_application_id")
        ),
        sa.PrimaryKeyConstraint("application_id", "kind", name=op.f("pk_card_consent")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    op.create_table(
        "card_document",
        sa.Column("application_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column(
            "content",
            sa.LargeBinary().with_variant(mysql.LONGBLOB(), "mariadb").with_variant(mysql.LONGBLOB(), "mysql"),
            nullable=False,
        ),
        sa.Column("created_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["card_application.application_id"], name=op.f("fk_card_document_application_id")
        ),
        sa.PrimaryKeyConstraint("application_id", "kind", name=op.f("pk_card_document")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    op.create_table(
        "card_entry",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("account_id", sa.String(length=40), nullable=False),
        sa.Column("reference", sa.String(length=100), nullable=False),
        sa.Column("refunds", sa.String(length=64), nullable=True),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("principal_fen", sa.BigInteger(), nullable=False),
        sa.Column("cash_fen", sa.BigInteger(), nullable=False),
        sa.Column("interest_fen", sa.BigInteger(), nullable=False),
        sa.Column("fee_fen", sa.BigInteger(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("memo", sa.String(length=120), nullable=False),
        sa.Column("card_tail", sa.String(length=4), nullable=False),
        sa.Column("at", bff.db.base.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["card_account.account_id"], name=op.f("fk_card_entry_account_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_card_entry")),
        sa.UniqueConstraint("reference", name=op.f("uq_card_entry_reference")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("card_entry", schema=None) as batch_op:
        batch_op.create_index("ix_card_entry_account_cycle", ["account_id", "cycle", "seq"], unique=False)
        batch_op.create_index(batch_op.f("ix_card_entry_refunds"), ["refunds"], unique=False)

    op.create_table(
        "card_repayment",
        sa.Column("repayment_id", sa.String(length=40), nullable=False),
        sa.Column("account_id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("operation_id", sa.String(length=40), nullable=True),
        sa.Column("agreement_id", sa.String(length=40), nullable=True),
        sa.Column("autopay_key", sa.String(length=64), nullable=True),
        sa.Column("payer_account_id", sa.String(length=40), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("rule_version", sa.String(length=64), nullable=False),
        sa.Column("created_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("settled_at", bff.db.base.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["card_account.account_id"], name=op.f("fk_card_repayment_account_id")),
        sa.PrimaryKeyConstraint("repayment_id", name=op.f("pk_card_repayment")),
        sa.UniqueConstraint("autopay_key", name=op.f("uq_card_repayment_autopay_key")),
        sa.UniqueConstraint("operation_id", name=op.f("uq_card_repayment_operation_id")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("card_repayment", schema=None) as batch_op:
        batch_op.create_index("ix_card_repayment_account", ["account_id", "created_at"], unique=False)

    op.create_table(
        "card_review",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("application_id", sa.String(length=40), nullable=False),
        sa.Column("verdict", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=100), nullable=False),
        sa.Column("why", sa.String(length=400), nullable=False),
        sa.Column("at", bff.db.base.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["card_application.application_id"], name=op.f("fk_card_review_application_id")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_card_review")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("card_review", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_card_review_application_id"), ["application_id"], unique=False)

    op.create_table(
        "card_section",
        sa.Column("application_id", sa.String(length=40), nullable=False),
        sa.Column("section", sa.String(length=64), nullable=False),
        sa.Column(
            "answers",
            sa.LargeBinary().with_variant(mysql.LONGBLOB(), "mariadb").with_variant(mysql.LONGBLOB(), "mysql"),
            nullable=False,
        ),
        sa.Column("saved_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["card_application.application_id"], name=op.f("fk_card_section_application_id")
        ),
        sa.PrimaryKeyConstraint("application_id", "section", name=op.f("pk_card_section")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    op.create_table(
        "card_statement",
        sa.Column("account_id", sa.String(length=40), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("previous_fen", sa.BigInteger(), nullable=False),
        sa.Column("principal_fen", sa.BigInteger(), nullable=False),
        sa.Column("cash_fen", sa.BigInteger(), nullable=False),
        sa.Column("interest_fen", sa.BigInteger(), nullable=False),
        sa.Column("fee_fen", sa.BigInteger(), nullable=False),
        sa.Column("total_fen", sa.BigInteger(), nullable=False),
        sa.Column("minimum_fen", sa.BigInteger(), nullable=False),
        sa.Column("assessed", sa.Boolean(), nullable=False),
        sa.Column("rule_version", sa.String(length=64), nullable=False),
        sa.Column("product_version", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["card_account.account_id"], name=op.f("fk_card_statement_account_id")),
        sa.PrimaryKeyConstraint("account_id", "cycle", name=op.f("pk_card_statement")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("card_statement", schema=None) as batch_op:
        batch_op.create_index("ix_card_statement_due", ["assessed", "last_day"], unique=False)
        batch_op.create_index(batch_op.f("ix_card_statement_due_on"), ["due_on"], unique=False)

    op.create_table(
        "credit_card",
        sa.Column("card_id", sa.String(length=40), nullable=False),
        sa.Column("account_id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column(
            "pan",
            sa.LargeBinary().with_variant(mysql.LONGBLOB(), "mariadb").with_variant(mysql.LONGBLOB(), "mysql"),
            nullable=False,
        ),
        sa.Column("pan_index", sa.String(length=64), nullable=False),
        sa.Column("pan_kid", sa.String(length=64), nullable=False),
        sa.Column("tail", sa.String(length=4), nullable=False),
        sa.Column("letter", sa.String(length=4), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("replaces", sa.String(length=40), nullable=True),
        sa.Column("contract_id", sa.String(length=40), nullable=True),
        sa.Column("ordered_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("embossing_at", bff.db.base.UtcDateTime(), nullable=True),
        sa.Column("mailed_at", bff.db.base.UtcDateTime(), nullable=True),
        sa.Column("activated_at", bff.db.base.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["card_account.account_id"], name=op.f("fk_credit_card_account_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_credit_card_customer_id")),
        sa.PrimaryKeyConstraint("card_id", name=op.f("pk_credit_card")),
        sa.UniqueConstraint("pan_index", name=op.f("uq_credit_card_pan_index")),
        sa.UniqueConstraint("replaces", name=op.f("uq_credit_card_replaces")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("credit_card", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_credit_card_account_id"), ["account_id"], unique=False)
        batch_op.create_index("ix_credit_card_customer", ["customer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_credit_card_pan_kid"), ["pan_kid"], unique=False)
        batch_op.create_index("ix_credit_card_state", ["state"], unique=False)


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("credit_card", schema=None) as batch_op:
        batch_op.drop_index("ix_credit_card_state")
        batch_op.drop_index(batch_op.f("ix_credit_card_pan_kid"))
        batch_op.drop_index("ix_credit_card_customer")
        batch_op.drop_index(batch_op.f("ix_credit_card_account_id"))

    op.drop_table("credit_card")
    with op.batch_alter_table("card_statement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_card_statement_due_on"))
        batch_op.drop_index("ix_card_statement_due")

    op.drop_table("card_statement")
    op.drop_table("card_section")
    with op.batch_alter_table("card_review", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_card_review_application_id"))

    op.drop_table("card_review")
    with op.batch_alter_table("card_repayment", schema=None) as batch_op:
        batch_op.drop_index("ix_card_repayment_account")

    op.drop_table("card_repayment")
    with op.batch_alter_table("card_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_card_entry_refunds"))
        batch_op.drop_index("ix_card_entry_account_cycle")

    op.drop_table("card_entry")
    op.drop_table("card_document")
    op.drop_table("card_consent")
    with op.batch_alter_table("card_autopay", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_card_autopay_account_id"))

    op.drop_table("card_autopay")
    with op.batch_alter_table("card_authorisation", schema=None) as batch_op:
        batch_op.drop_index("ix_card_authorisation_state")
        batch_op.drop_index("ix_card_authorisation_account")

    op.drop_table("card_authorisation")
    with op.batch_alter_table("card_application", schema=None) as batch_op:
        batch_op.drop_index("ix_card_application_state")
        batch_op.drop_index("ix_card_application_customer")

    op.drop_table("card_application")
    with op.batch_alter_table("card_account", schema=None) as batch_op:
        batch_op.drop_index("ix_card_account_next_close")
        batch_op.drop_index("ix_card_account_customer")

    op.drop_table("card_account")
    op.drop_table("card_production")
