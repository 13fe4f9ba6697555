import django.db.models.fields.json
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contributions", "0006_mail_back_off")]

    operations = [
        migrations.AddIndex(
            model_name="version",
            index=models.Index(
                django.db.models.functions.text.Lower(
                    django.db.models.fields.json.KT("payload__baseline")
                ),
                condition=models.Q(("payload__has_key", "baseline")),
                name="version_by_baseline",
            ),
        ),
    ]
