"""The first tables, and the triggers that keep journals and postings as they were written.

Revision: 0001
Follows: nothing
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from bff.core_bank.models import WRITE_ONCE_TRIGGERS

import bff.db.base
from sqlalchemy.dialects import mysql

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "account_counter",
        sa.Column("account_id", sa.String(length=40), nullable=False),
        sa.Column("counter", sa.String(length=32), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("used_fen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "counter", "period", name=op.f("pk_account_counter")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    op.create_table(
        "approval_operation",
        sa.Column("operation_id", sa.String(length=40), nullable=False),
        sa.Column("challenge_id", sa.String(length=40), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("device_id", sa.String(length=40), nullable=False),
        sa.Column("bundle_digest", sa.String(length=64), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column(
            "fields",
            sa.Text().with_variant(mysql.LONGTEXT(), "mariadb").with_variant(mysql.LONGTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column(
            "template",
            sa.Text().with_variant(mysql.LONGTEXT(), "mariadb").with_variant(mysql.LONGTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column(
            "payload",
            sa.Text().with_variant(mysql.LONGTEXT(), "mariadb").with_variant(mysql.LONGTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column("message_hash", sa.String(length=64), nullable=True),
        sa.Column(
            "result",
            sa.Text().with_variant(mysql.LONGTEXT(), "mariadb").with_variant(mysql.LONGTEXT(), "mysql"),
            nullable=True,
        ),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("created_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("expires_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("decided_at", bff.db.base.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("operation_id", name=op.f("pk_approval_operation")),
        sa.UniqueConstraint("challenge_id", name=op.f("uq_approval_operation_challenge_id")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("approval_operation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_approval_operation_device_id"), ["device_id"], unique=False)
        batch_op.create_index("ix_approval_operation_open", ["state", "expires_at"], unique=False)

    op.create_table(
        "bundle_release",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("bundle", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column(
            "ops",
            sa.Text().with_variant(mysql.LONGTEXT(), "mariadb").with_variant(mysql.LONGTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column(
            "purposes",
            sa.Text().with_variant(mysql.LONGTEXT(), "mariadb").with_variant(mysql.LONGTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("recorded_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("revoked_at", bff.db.base.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_bundle_release")),
        sa.UniqueConstraint("bundle", "version", name="uq_bundle_release_version"),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    op.create_table(
        "challenge",
        sa.Column("challenge", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("expires_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("spent_at", bff.db.base.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("challenge", name=op.f("pk_challenge")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("challenge", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_challenge_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "core_account",
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("card_hash", sa.String(length=64), nullable=True),
        sa.Column("opened_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.CheckConstraint("kind = 'INTERNAL' OR balance >= held", name=op.f("ck_core_account_funds")),
        sa.CheckConstraint("held >= 0", name=op.f("ck_core_account_held")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_core_account")),
        sa.UniqueConstraint("card_hash", name=op.f("uq_core_account_card_hash")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    op.create_table(
        "core_execution",
        sa.Column("sequence", sa.String(length=128), nullable=False),
        sa.Column("verb", sa.String(length=64), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column(
            "receipt",
            sa.Text().with_variant(mysql.LONGTEXT(), "mariadb").with_variant(mysql.LONGTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column("at", bff.db.base.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_core_execution")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    op.create_table(
        "core_journal",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("memo", sa.String(length=200), nullable=False),
        sa.Column("reverses", sa.String(length=40), nullable=True),
        sa.Column("at", bff.db.base.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["reverses"], ["core_journal.id"], name=op.f("fk_core_journal_reverses")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_journal")),
        sa.UniqueConstraint("reverses", name=op.f("uq_core_journal_reverses")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    op.create_table(
        "customer",
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("id_index", sa.String(length=64), nullable=False),
        sa.Column("mobile_index", sa.String(length=64), nullable=False),
        sa.Column(
            "name",
            sa.LargeBinary().with_variant(mysql.LONGBLOB(), "mariadb").with_variant(mysql.LONGBLOB(), "mysql"),
            nullable=False,
        ),
        sa.Column(
            "id_number",
            sa.LargeBinary().with_variant(mysql.LONGBLOB(), "mariadb").with_variant(mysql.LONGBLOB(), "mysql"),
            nullable=False,
        ),
        sa.Column(
            "mobile",
            sa.LargeBinary().with_variant(mysql.LONGBLOB(), "mariadb").with_variant(mysql.LONGBLOB(), "mysql"),
            nullable=False,
        ),
        sa.Column("created_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("updated_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_customer")),
        sa.UniqueConstraint("id_index", name=op.f("uq_customer_id_index")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_customer_mobile_index"), ["mobile_index"], unique=False)

    op.create_table(
        "device_day",
        sa.Column("device_id", sa.String(length=40), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("used_fen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "day", name=op.f("pk_device_day")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    op.create_table(
        "device_key",
        sa.Column("jkt", sa.String(length=64), nullable=False),
        sa.Column("device_id", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("jkt", name=op.f("pk_device_key")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    op.create_table(
        "evidence_blob",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column(
            "data",
            sa.LargeBinary().with_variant(mysql.LONGBLOB(), "mariadb").with_variant(mysql.LONGBLOB(), "mysql"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_evidence_blob")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    op.create_table(
        "evidence_checkpoint",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("at", sa.String(length=40), nullable=False),
        sa.Column("kid", sa.String(length=64), nullable=False),
        sa.Column("sig", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_evidence_checkpoint")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    op.create_table(
        "evidence_entry",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("prev", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("at", sa.String(length=40), nullable=False),
        sa.Column(
            "body",
            sa.Text().with_variant(mysql.LONGTEXT(), "mariadb").with_variant(mysql.LONGTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_evidence_entry")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("evidence_entry", schema=None) as batch_op:
        batch_op.create_index("ix_evidence_entry_subject", ["subject", "kind"], unique=False)

    op.create_table(
        "evidence_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_head")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    op.create_table(
        "idempotency_record",
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("operation", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column(
            "answer",
            sa.Text().with_variant(mysql.LONGTEXT(), "mariadb").with_variant(mysql.LONGTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column(
            "outbox_keys",
            sa.Text().with_variant(mysql.LONGTEXT(), "mariadb").with_variant(mysql.LONGTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column("leased_until", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("created_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "operation", "key", name=op.f("pk_idempotency_record")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("idempotency_record", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_idempotency_record_created_at"), ["created_at"], unique=False)

    op.create_table(
        "metering_record",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("operation", sa.String(length=64), nullable=False),
        sa.Column("fee", sa.BigInteger(), nullable=False),
        sa.Column("at", bff.db.base.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_metering_record")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("metering_record", schema=None) as batch_op:
        batch_op.create_index("ix_metering_record_subject", ["subject", "at"], unique=False)

    op.create_table(
        "mobile_day",
        sa.Column("mobile_index", sa.String(length=64), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("sends", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("mobile_index", "day", name=op.f("pk_mobile_day")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    op.create_table(
        "outbox_message",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column(
            "payload",
            sa.Text().with_variant(mysql.LONGTEXT(), "mariadb").with_variant(mysql.LONGTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("available_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("lease_owner", sa.String(length=40), nullable=True),
        sa.Column("leased_until", bff.db.base.UtcDateTime(), nullable=True),
        sa.Column("settled_at", bff.db.base.UtcDateTime(), nullable=True),
        sa.Column("problem", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_message")),
        sa.UniqueConstraint("key", "topic", name=op.f("uq_outbox_message_key_topic")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.create_index("ix_outbox_message_state", ["state", "available_at"], unique=False)

    op.create_table(
        "product",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column(
            "definition",
            sa.Text().with_variant(mysql.LONGTEXT(), "mariadb").with_variant(mysql.LONGTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column("updated_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_product")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    op.create_table(
        "session",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("device_id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=True),
        sa.Column("scope", sa.String(length=64), nullable=False),
        sa.Column("jkt", sa.String(length=43), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("created_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("expires_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("ended_at", bff.db.base.UtcDateTime(), nullable=True),
        sa.Column("ended_because", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_session_device_id"), ["device_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_session_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "suitability_assessment",
        sa.Column("assessment_id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("rule_version", sa.String(length=64), nullable=False),
        sa.Column(
            "answers",
            sa.Text().with_variant(mysql.LONGTEXT(), "mariadb").with_variant(mysql.LONGTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("level", sa.String(length=2), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("assessed_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("assessment_id", name=op.f("pk_suitability_assessment")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("suitability_assessment", schema=None) as batch_op:
        batch_op.create_index("ix_suitability_assessment_customer", ["customer_id", "assessed_at"], unique=False)

    op.create_table(
        "verification_code",
        sa.Column("holder", sa.String(length=40), nullable=False),
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column("code_id", sa.String(length=40), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("sandbox_code", sa.String(length=6), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("sends", sa.Integer(), nullable=False),
        sa.Column("sent_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("expires_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("used_at", bff.db.base.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("holder", "purpose", name=op.f("pk_verification_code")),
        sa.UniqueConstraint("code_id", name=op.f("uq_verification_code_code_id")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    op.create_table(
        "account",
        sa.Column("account_id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("account_class", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column(
            "card",
            sa.LargeBinary().with_variant(mysql.LONGBLOB(), "mariadb").with_variant(mysql.LONGBLOB(), "mysql"),
            nullable=False,
        ),
        sa.Column("card_tail", sa.String(length=4), nullable=False),
        sa.Column("bank_zh", sa.String(length=60), nullable=False),
        sa.Column("bank_en", sa.String(length=60), nullable=False),
        sa.Column("balance_fen", sa.BigInteger(), nullable=False),
        sa.Column("available_fen", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", bff.db.base.UtcDateTime(), nullable=True),
        sa.Column("observed_at", bff.db.base.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_account_customer_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account")),
        sa.UniqueConstraint("customer_id", "account_class", name=op.f("uq_account_customer_id_account_class")),
        sa.UniqueConstraint("number", name=op.f("uq_account_number")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    op.create_table(
        "account_application",
        sa.Column("application_id", sa.String(length=40), nullable=False),
        sa.Column("device_id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("id_index", sa.String(length=64), nullable=False),
        sa.Column(
            "name",
            sa.LargeBinary().with_variant(mysql.LONGBLOB(), "mariadb").with_variant(mysql.LONGBLOB(), "mysql"),
            nullable=False,
        ),
        sa.Column(
            "id_number",
            sa.LargeBinary().with_variant(mysql.LONGBLOB(), "mariadb").with_variant(mysql.LONGBLOB(), "mysql"),
            nullable=False,
        ),
        sa.Column(
            "mobile",
            sa.LargeBinary().with_variant(mysql.LONGBLOB(), "mariadb").with_variant(mysql.LONGBLOB(), "mysql"),
            nullable=False,
        ),
        sa.Column("rule_version", sa.String(length=64), nullable=False),
        sa.Column(
            "card",
            sa.LargeBinary().with_variant(mysql.LONGBLOB(), "mariadb").with_variant(mysql.LONGBLOB(), "mysql"),
            nullable=True,
        ),
        sa.Column("card_tail", sa.String(length=4), nullable=True),
        sa.Column("card_check", sa.String(length=40), nullable=True),
        sa.Column("card_objection", sa.String(length=16), nullable=True),
        sa.Column("bank_zh", sa.String(length=60), nullable=True),
        sa.Column("bank_en", sa.String(length=60), nullable=True),
        sa.Column("customer_id", sa.String(length=40), nullable=True),
        sa.Column("account_id", sa.String(length=40), nullable=True),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("created_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("expires_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("updated_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.customer_id"], name=op.f("fk_account_application_customer_id")
        ),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_account_application")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("account_application", schema=None) as batch_op:
        batch_op.create_index("ix_account_application_device", ["device_id", "created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_account_application_id_index"), ["id_index"], unique=False)

    op.create_table(
        "core_hold",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("at", bff.db.base.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["core_account.number"], name=op.f("fk_core_hold_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_hold")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("core_hold", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_core_hold_account"), ["account"], unique=False)

    op.create_table(
        "core_posting",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("journal", sa.String(length=40), nullable=False),
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["core_account.number"], name=op.f("fk_core_posting_account")),
        sa.ForeignKeyConstraint(["journal"], ["core_journal.id"], name=op.f("fk_core_posting_journal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_posting")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("core_posting", schema=None) as batch_op:
        batch_op.create_index("ix_core_posting_account_id", ["account", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_core_posting_journal"), ["journal"], unique=False)

    op.create_table(
        "device",
        sa.Column("device_id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("level", sa.String(length=64), nullable=False),
        sa.Column("platform", sa.String(length=64), nullable=False),
        sa.Column("model_name", sa.String(length=80), nullable=False),
        sa.Column("app_id", sa.String(length=80), nullable=False),
        sa.Column("app_version", sa.String(length=64), nullable=False),
        sa.Column("pop_jkt", sa.String(length=64), nullable=False),
        sa.Column("tx_jkt", sa.String(length=64), nullable=False),
        sa.Column("pop_x", sa.String(length=64), nullable=False),
        sa.Column("pop_y", sa.String(length=64), nullable=False),
        sa.Column("tx_x", sa.String(length=64), nullable=False),
        sa.Column("tx_y", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=True),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("registered_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("bound_at", bff.db.base.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_device_customer_id")),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_device")),
        sa.UniqueConstraint("pop_jkt", name=op.f("uq_device_pop_jkt")),
        sa.UniqueConstraint("tx_jkt", name=op.f("uq_device_tx_jkt")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("device", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_device_customer_id"), ["customer_id"], unique=False)

    op.create_table(
        "product_quota",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("total_fen", sa.BigInteger(), nullable=False),
        sa.Column("held_fen", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("held_fen + confirmed_fen <= total_fen", name=op.f("ck_product_quota_never_oversold")),
        sa.CheckConstraint("held_fen >= 0 AND confirmed_fen >= 0", name=op.f("ck_product_quota_not_negative")),
        sa.ForeignKeyConstraint(["code"], ["product.code"], name=op.f("fk_product_quota_code")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_product_quota")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    op.create_table(
        "refresh_token",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.String(length=40), nullable=False),
        sa.Column("issued_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("used_at", bff.db.base.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_refresh_token_session_id")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_refresh_token")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("refresh_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_refresh_token_session_id"), ["session_id"], unique=False)

    op.create_table(
        "suitability_profile",
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("level", sa.String(length=2), nullable=True),
        sa.Column("assessed_at", bff.db.base.UtcDateTime(), nullable=True),
        sa.Column("valid_until", bff.db.base.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.customer_id"], name=op.f("fk_suitability_profile_customer_id")
        ),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_suitability_profile")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    op.create_table(
        "wealth_order",
        sa.Column("order_id", sa.String(length=40), nullable=False),
        sa.Column("operation_id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("device_id", sa.String(length=40), nullable=False),
        sa.Column("account_id", sa.String(length=40), nullable=False),
        sa.Column("bundle", sa.String(length=200), nullable=False),
        sa.Column("product", sa.String(length=64), nullable=False),
        sa.Column("product_name", sa.String(length=120), nullable=False),
        sa.Column("product_version", sa.String(length=64), nullable=False),
        sa.Column("rule_version", sa.String(length=64), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("reference", sa.String(length=64), nullable=True),
        sa.Column("trade_date", sa.Date(), nullable=False),
        sa.Column("confirm_date", sa.Date(), nullable=False),
        sa.Column("redeemable_from", sa.Date(), nullable=False),
        sa.Column("redeemable_provisional", sa.Boolean(), nullable=False),
        sa.Column("placed_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("settled_at", bff.db.base.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_wealth_order_customer_id")),
        sa.ForeignKeyConstraint(["product"], ["product.code"], name=op.f("fk_wealth_order_product")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_wealth_order")),
        sa.UniqueConstraint("operation_id", name=op.f("uq_wealth_order_operation_id")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("wealth_order", schema=None) as batch_op:
        batch_op.create_index("ix_wealth_order_customer", ["customer_id", "placed_at"], unique=False)

    op.create_table(
        "account_funding",
        sa.Column("funding_id", sa.String(length=40), nullable=False),
        sa.Column("account_id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("rule_version", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("reference", sa.String(length=64), nullable=True),
        sa.Column("created_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("settled_at", bff.db.base.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.account_id"], name=op.f("fk_account_funding_account_id")),
        sa.PrimaryKeyConstraint("funding_id", name=op.f("pk_account_funding")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("account_funding", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_account_funding_account_id"), ["account_id"], unique=False)

    op.create_table(
        "device_binding",
        sa.Column("event_id", sa.String(length=40), nullable=False),
        sa.Column("device_id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.Column("used_at", bff.db.base.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_device_binding_customer_id")),
        sa.ForeignKeyConstraint(["device_id"], ["device.device_id"], name=op.f("fk_device_binding_device_id")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_device_binding")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("device_binding", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_device_binding_device_id"), ["device_id"], unique=False)

    for statements in WRITE_ONCE_TRIGGERS[op.get_bind().dialect.name].values():
        for statement in statements:
            op.execute(statement)


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("device_binding", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_device_binding_device_id"))

    op.drop_table("device_binding")
    with op.batch_alter_table("account_funding", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_account_funding_account_id"))

    op.drop_table("account_funding")
    with op.batch_alter_table("wealth_order", schema=None) as batch_op:
        batch_op.drop_index("ix_wealth_order_customer")

    op.drop_table("wealth_order")
    op.drop_table("suitability_profile")
    with op.batch_alter_table("refresh_token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_refresh_token_session_id"))

    op.drop_table("refresh_token")
    op.drop_table("product_quota")
    with op.batch_alter_table("device", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_device_customer_id"))

    op.drop_table("device")
    with op.batch_alter_table("core_posting", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_core_posting_journal"))
        batch_op.drop_index("ix_core_posting_account_id")

    op.drop_table("core_posting")
    with op.batch_alter_table("core_hold", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_core_hold_account"))

    op.drop_table("core_hold")
    with op.batch_alter_table("account_application", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_account_application_id_index"))
        batch_op.drop_index("ix_account_application_device")

    op.drop_table("account_application")
    op.drop_table("account")
    op.drop_table("verification_code")
    with op.batch_alter_table("suitability_assessment", schema=None) as batch_op:
        batch_op.drop_index("ix_suitability_assessment_customer")

    op.drop_table("suitability_assessment")
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_session_expires_at"))
        batch_op.drop_index(batch_op.f("ix_session_device_id"))

    op.drop_table("session")
    op.drop_table("product")
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.drop_index("ix_outbox_message_state")

    op.drop_table("outbox_message")
    op.drop_table("mobile_day")
    with op.batch_alter_table("metering_record", schema=None) as batch_op:
        batch_op.drop_index("ix_metering_record_subject")

    op.drop_table("metering_record")
    with op.batch_alter_table("idempotency_record", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_idempotency_record_created_at"))

    op.drop_table("idempotency_record")
    op.drop_table("evidence_head")
    with op.batch_alter_table("evidence_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_evidence_entry_subject")

    op.drop_table("evidence_entry")
    op.drop_table("evidence_checkpoint")
    op.drop_table("evidence_blob")
    op.drop_table("device_key")
    op.drop_table("device_day")
    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_customer_mobile_index"))

    op.drop_table("customer")
    op.drop_table("core_journal")
    op.drop_table("core_execution")
    op.drop_table("core_account")
    with op.batch_alter_table("challenge", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_challenge_expires_at"))

    op.drop_table("challenge")
    op.drop_table("bundle_release")
    with op.batch_alter_table("approval_operation", schema=None) as batch_op:
        batch_op.drop_index("ix_approval_operation_open")
        batch_op.drop_index(batch_op.f("ix_approval_operation_device_id"))

    op.drop_table("approval_operation")
    op.drop_table("account_counter")
