from django.db import migrations

GROUPS = [
    ("algorithm", "Algorithm", "Architectures, mixtures, hyperparameters, post-training."),
    ("data", "Data", "Training and evaluation data: collection, synthesis, cleaning, overlap."),
    ("system", "System", "Training and serving systems, kernels, formats, quantisation."),
]


def add(apps, schema_editor):
    group = apps.get_model("hub", "WorkingGroup")
    for slug, name, purpose in GROUPS:
        group.objects.get_or_create(slug=slug, defaults={"name": name, "purpose": purpose})


class Migration(migrations.Migration):
    dependencies = [("hub", "0001_initial")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
