import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0003_claims_and_disputes")]

    operations = [
        migrations.AddField(
            model_name="claim",
            name="number",
            field=models.PositiveBigIntegerField(blank=True, db_index=True, null=True),
        ),
        migrations.AddField(
            model_name="claim",
            name="first_reported",
            field=models.URLField(blank=True, max_length=500),
        ),
        migrations.AlterField(
            model_name="claim",
            name="source",
            field=models.URLField(help_text="Where the reporter says so.", max_length=500),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.CheckConstraint(
                condition=models.Q(("role", "relayed"), _negated=True)
                | models.Q(("first_reported", ""), _negated=True),
                name="claim_relay_names_its_source",
            ),
        ),
        migrations.AddField(
            model_name="dispute",
            name="lifted_number",
            field=models.PositiveBigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="dispute",
            name="changed_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(), db_index=True, editable=False
            ),
        ),
    ]
